use clap::builder::PossibleValuesParser;

/// Parses the name of a record format. The error for another name suggests the nearest one.
pub(super) fn format_name() -> PossibleValuesParser {
    PossibleValuesParser::new(drawbridge_record::names())
}
