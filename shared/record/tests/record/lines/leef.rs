//! A reader and checker of LEEF 2.0, after IBM's published rules: six fields of a header, ended by
//! pipes, the last of which names the delimiter; then attributes, parted by it.

use super::Pairs;

pub(crate) fn parse(line: &str) -> Pairs {
    let fields: Vec<&str> = line.splitn(7, '|').collect();
    let [
        version,
        vendor,
        product,
        of_product,
        event_id,
        delimiter,
        attributes,
    ] = fields[..]
    else {
        unreachable!("{} fields", fields.len());
    };
    assert_eq!(version, "LEEF:2.0");
    assert_eq!(
        [vendor, product, of_product],
        ["Microsoft", "Microsoft Defender XDR", "1.0"]
    );
    assert!(!event_id.trim().is_empty() && event_id.chars().count() <= 255);
    // One character, or `x` or `0x` and its number in hex.
    let number = delimiter.trim_start_matches('0').strip_prefix('x').unwrap();
    let number = u32::from_str_radix(number, 16).unwrap();
    let delimiter = char::from_u32(number).unwrap();
    assert_eq!(delimiter, '\t');

    let pairs = attributes.split(delimiter).map(|pair| {
        let (key, value) = pair.split_once('=').unwrap();
        assert!(key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
        assert!(!value.is_empty(), "{key}");
        (key.to_owned(), value.to_owned())
    });
    let pairs: Pairs = [("EventID".to_owned(), event_id.to_owned())]
        .into_iter()
        .chain(pairs)
        .collect();
    let value = |key: &str| pairs.iter().find(|(name, _)| name == key).map(|(_, v)| v);
    assert!((1..=10).contains(&value("sev").unwrap().parse().unwrap()));
    match (value("devTime"), value("devTimeFormat")) {
        (None, None) => {}
        (Some(time), Some(format)) => check_time(time, format, value("AlertTime").unwrap()),
        (time, format) => unreachable!("{time:?} with {format:?}"),
    }
    assert!(value("identHostName").is_none() || value("identSrc").is_some());
    pairs
}

const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// The time, read after its format in Java's letters, is Graph's to the millisecond.
fn check_time(time: &str, format: &str, graph: &str) {
    assert_eq!(format, "MMM dd yyyy HH:mm:ss.SSS zzz");
    let parts: Vec<&str> = time.split(' ').collect();
    let [month, day, year, clock, "UTC"] = parts[..] else {
        unreachable!("{time}");
    };
    let month = MONTHS.iter().position(|name| *name == month).unwrap() + 1;
    let (date, rest) = graph.split_once('T').unwrap();
    assert_eq!(format!("{year}-{month:02}-{day}"), date);
    let (seconds, fraction) = rest
        .trim_end_matches('Z')
        .split_once('.')
        .unwrap_or((rest.trim_end_matches('Z'), ""));
    assert_eq!(format!("{seconds}.{:.3}", format!("{fraction}000")), clock);
}
