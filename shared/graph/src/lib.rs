//! The Microsoft Graph client: clouds, tokens, paging and throttling.
