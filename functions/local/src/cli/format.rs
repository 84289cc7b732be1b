use clap::builder::PossibleValuesParser;

/// Reads the name of a record format; of another name, the nearest one is told.
pub(super) fn format_name() -> PossibleValuesParser {
    PossibleValuesParser::new(drawbridge_record::names())
}
