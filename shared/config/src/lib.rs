//! Tenant documents and function settings, checked once and named in every error.
