//! Holds `infra/template.yaml` against the linters, the rules for IAM, and the functions' code.
