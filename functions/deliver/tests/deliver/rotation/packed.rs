//! What begins as a packed file that is known does, and is another one.

use std::fs;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use drawbridge_deliver::file::FileError;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;

use super::world::{Files, LIVE, World, lines};
use crate::support::soon;

/// Records of more bytes than are looked at of a file's beginning, or a single one that is as long.
fn beginning(is_one_record: bool) -> Vec<String> {
    match is_one_record {
        true => vec![format!(
            "{{\"FullId\":\"b:0\",\"AlertId\":\"b\",\"Title\":\"{}\"}}",
            "x".repeat(5_000)
        )],
        false => lines(1_000..1_100),
    }
}

fn write(files: &Files, records: &[String]) {
    let text: String = records.iter().map(|record| format!("{record}\n")).collect();
    files.write(&text);
}

fn rotate_packed(files: &Files) {
    files.rename();
    files.pack("siem.ndjson.1");
}

fn sorted(mut records: Vec<String>) -> Vec<String> {
    records.sort();
    records.dedup();
    records
}

/// `backfill --again` writes the same records again, in the same order, and `replay run` one that was put aside.
#[tokio::test]
async fn what_begins_as_a_packed_file_that_is_known_is_delivered() {
    for is_one_record in [false, true] {
        for was_plain in [false, true] {
            for is_restarted in [false, true] {
                let begin = beginning(is_one_record);
                let mut world = World::after(1).await;
                world.files.rename();
                write(&world.files, &begin);
                world.files.append(1..4);
                if was_plain {
                    world.run_well().await;
                }
                rotate_packed(&world.files);
                world.run_well().await;
                if is_restarted {
                    world.end();
                }
                // As long as the other one, too.
                write(&world.files, &begin);
                world.files.append(4..7);
                rotate_packed(&world.files);
                world.files.append(7..8);
                world.run_well().await;
                world.end();
                assert_eq!(world.run_well().await.delivered, 0);
                let mut expected = lines(0..8);
                expected.extend(begin);
                assert_eq!(
                    sorted(world.came()),
                    sorted(expected),
                    "{is_one_record} {was_plain} {is_restarted}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_begins_as_a_packed_file_that_was_there_at_first_is_delivered() {
    for is_one_record in [false, true] {
        let begin = beginning(is_one_record);
        let mut world = World::new();
        write(&world.files, &begin);
        world.files.append(0..3);
        rotate_packed(&world.files);
        world.files.append(3..4);
        world.run_well().await;
        assert_eq!(world.came(), lines(3..4));
        rotate_packed(&world.files);
        write(&world.files, &begin);
        world.files.append(4..7);
        rotate_packed(&world.files);
        world.files.append(7..8);
        world.run_well().await;
        let mut expected = lines(3..8);
        expected.extend(begin);
        assert_eq!(sorted(world.came()), sorted(expected));
    }
}

/// `cat siem.ndjson.1.gz >> siem.ndjson-archive.gz`
#[tokio::test]
async fn what_is_packed_into_a_packed_file_that_is_known_is_delivered() {
    let mut world = World::after(1).await;
    world.files.rename();
    write(&world.files, &beginning(false));
    rotate_packed(&world.files);
    world.files.append(1..2);
    world.run_well().await;
    world.end();
    let text: String = lines(2..4).iter().map(|line| format!("{line}\n")).collect();
    fs::write(world.files.path("more"), text).unwrap();
    world.files.pack("more");
    let archive = world.files.path("siem.ndjson.1.gz");
    let mut all = fs::read(&archive).unwrap();
    all.extend(fs::read(world.files.path("more.gz")).unwrap());
    fs::write(&archive, all).unwrap();
    world.files.append(4..5);
    world.run_well().await;
    let mut expected = lines(0..5);
    expected.extend(beginning(false));
    assert_eq!(world.came().len(), expected.len());
    assert_eq!(sorted(world.came()), sorted(expected));
}

/// The first bytes that each way of packing writes.
const OTHERS: [&[u8]; 34] = [
    // zstd, and pzstd, lz4 and others with a frame to skip before it.
    b"\x28\xb5\x2f\xfd",
    b"\x50\x2a\x4d\x18\x04\0\0\0",
    b"\x5f\x2a\x4d\x18\x04\0\0\0",
    // xz, xz --format=lzma, lzip, lzop.
    b"\xfd7zXZ\0",
    b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff",
    b"LZIP\x01\x0c",
    b"\x89LZO\0\x0d\x0a\x1a\x0a",
    // bzip2, zlib.
    b"BZh9",
    b"x\x9c",
    // lz4, lz4 -l.
    b"\x04\x22\x4d\x18",
    b"\x02\x21\x4c\x18",
    // Snappy.
    b"\xff\x06\0\0sNaPpY",
    // compress.
    b"\x1f\x9d",
    // zip, without a file, in parts.
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    // 7z, RAR.
    b"7z\xbc\xaf\x27\x1c",
    b"Rar!\x1a\x07\x01\0",
    // tar, of POSIX and of GNU.
    &at_257(*b"ustar\x0000"),
    &at_257(*b"ustar  \0"),
    // ar, cpio.
    b"!<arch>\nsiem.ndjson/    ",
    b"!<thin>\n",
    b"\xc7\x71\x01\x08",
    b"0707010000A1B2000081A4siem.ndjson\0",
    b"0707020000A1B2000081A4siem.ndjson\0",
    b"070707000041000041100644siem.ndjson\0",
    // GPG: for RSA, for an elliptic curve, with a passphrase, of version 6, signed; and in text.
    b"\x85\x02\x0c\x03\xaa",
    b"\x84\x5e\x03\xaa",
    b"\x8c\x0d\x04\x09\x03",
    b"\xc1\xc0\x4c\x03\xaa",
    b"\xc3\x1d\x06\x1b",
    b"\xa3\x01\x01",
    b"-----BEGIN PGP MESSAGE-----\n\n",
    b"-----BEGIN PGP SIGNED MESSAGE-----\r\n",
];

/// The beginning of a file with that mark at byte 257.
const fn at_257(mark: [u8; 8]) -> [u8; 265] {
    let mut begin = [b'a'; 265];
    let mut at = 0;
    while at < mark.len() {
        begin[257 + at] = mark[at];
        at += 1;
    }
    begin
}

/// Whoever raises alerts cannot keep a file from being delivered by what he calls things.
#[tokio::test]
async fn a_record_with_the_word_of_tar_in_its_place_is_delivered() {
    for word in ["ustar", "ustar  ", "ustar00", "ustar\\u0000"] {
        let begin = "{\"FullId\":\"b:0\",\"AlertId\":\"b\",\"Title\":\"";
        let title = format!("{}{word}", "x".repeat(257 - begin.len()));
        let record = format!("{begin}{title}\"}}");
        assert_eq!(record.find("ustar"), Some(257));
        let mut world = World::new();
        write(&world.files, std::slice::from_ref(&record));
        world.run_well().await;
        assert_eq!(world.came(), [record]);
    }
}

/// Its bytes would be taken for lines, in a format of text.
#[tokio::test]
async fn what_is_not_packed_with_gzip_is_refused_whatever_its_name_is() {
    for magic in OTHERS {
        let packed = [magic, b"\x01\n\x02\n"].concat();
        let mut world = World::new();
        let refused = async |world: &mut World, name: &str| {
            let error = world.run().await.unwrap_err();
            assert!(matches!(error, FileError::Packed { .. }), "{error}");
            let said = error.to_string();
            assert!(said.contains(name) && said.contains("unpack it"), "{said}");
            world.end();
        };
        // As the file itself, as with `--file`.
        fs::write(world.files.path(LIVE), &packed).unwrap();
        refused(&mut world, LIVE).await;
        world.files.remove(LIVE);
        world.files.append(0..1);
        world.run_well().await;
        // Beside it, since then.
        let name = "siem.ndjson.1";
        fs::write(world.files.path(name), &packed).unwrap();
        refused(&mut world, name).await;
        assert_eq!(
            (world.came(), world.files.aside()),
            (lines(0..1), Vec::new())
        );
    }
}

/// Whatever its name is, it is no trouble of the disk.
#[tokio::test]
async fn what_is_packed_and_damaged_or_has_something_behind_it_is_named_as_that() {
    let packed = gzip((lines(1..3).join("\n") + "\n").as_bytes());
    let cut = packed[..packed.len() - 9].to_vec();
    for damaged in [
        cut,
        [&packed[..], b"junk"].concat(),
        [&packed[..], &[0; 512]].concat(),
    ] {
        for name in ["siem.ndjson.1", "siem.ndjson.1.gz", LIVE] {
            let mut world = World::new();
            if name != LIVE {
                world.files.append(0..1);
                world.run_well().await;
            }
            fs::write(world.files.path(name), &damaged).unwrap();
            let error = world.run().await.unwrap_err();
            assert!(
                matches!(error, FileError::Damaged { .. }),
                "{name}: {error}"
            );
            assert!(error.to_string().contains(name), "{error}");
        }
    }
}

/// An archive of files that is packed with gzip, or a file that was packed twice, is no file of lines either.
#[tokio::test]
async fn what_is_packed_with_gzip_and_once_more_is_refused() {
    let record = lines(0..1).concat() + "\n";
    let mut tar = vec![0; 257];
    tar.extend_from_slice(b"ustar\0");
    tar.resize(512, 0);
    tar.extend_from_slice(record.as_bytes());
    for inside in [
        gzip(record.as_bytes()),
        tar,
        b"BZh91".to_vec(),
        b"x\x9c\x01".to_vec(),
    ] {
        let mut world = World::new();
        fs::write(world.files.path(LIVE), gzip(&inside)).unwrap();
        let error = world.run().await.unwrap_err();
        assert!(matches!(error, FileError::Packed { .. }), "{error}");
        assert_eq!(
            (world.came(), world.files.aside()),
            (Vec::new(), Vec::new())
        );
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(bytes).unwrap();
    packed.finish().unwrap()
}

/// To deliver it with `--file` would be to deliver its bytes as lines.
#[tokio::test]
async fn what_was_there_before_and_is_not_packed_with_gzip_is_to_be_unpacked() {
    for name in ["siem.ndjson.1.zst", "siem.ndjson.1"] {
        for is_alone in [true, false] {
            let mut world = World::new();
            let packed = [OTHERS[0], b"\x01\n"].concat();
            fs::write(world.files.path(name), packed).unwrap();
            if !is_alone {
                world.files.append(3..4);
            }
            for _ in 0..2 {
                world.run_well().await;
                let said = world.delivery().check_older().unwrap_err().to_string();
                assert!(said.contains("not packed with gzip: unpack it"), "{said}");
                assert!(!said.contains("--file"), "{said}");
                world.end();
            }
            // As it says.
            world.files.remove(name);
            let text: String = lines(0..3).iter().map(|line| format!("{line}\n")).collect();
            fs::write(world.files.path("siem.ndjson.1"), text).unwrap();
            world.run_well().await;
            world.delivery().check_older().unwrap();
            assert!(lines(0..3).iter().all(|line| world.came().contains(line)));
        }
    }
}

/// What logrotate makes of one whose name it needs.
#[tokio::test]
async fn a_packed_file_with_more_behind_its_name_is_unpacked() {
    let mut world = World::after(1).await;
    world.files.append(1..3);
    rotate_packed(&world.files);
    let backup = "siem.ndjson.1.gz-2026113003.backup";
    world.files.copy("siem.ndjson.1.gz", backup);
    world.files.remove("siem.ndjson.1.gz");
    world.files.append(3..4);
    world.end();
    world.run_well().await;
    assert_eq!(world.came(), lines(0..4));
    let bytes = fs::read(world.files.path(backup)).unwrap();
    fs::write(world.files.path(backup), &bytes[..bytes.len() / 2]).unwrap();
    world.end();
    let damaged = world.run().await.unwrap_err().to_string();
    assert!(damaged.contains("cannot be unpacked"), "{damaged}");
}

/// The disk was full when it was packed. What it is not told from is named with it.
#[tokio::test]
async fn a_packed_file_that_is_empty_or_damaged_is_named_where_the_rest_of_one_is_missing() {
    for left in [0, 12] {
        let mut world = World::down(3, 4).await;
        world.end();
        rotate_packed(&world.files);
        let packed = world.files.path("siem.ndjson.1.gz");
        let bytes = fs::read(&packed).unwrap();
        fs::write(&packed, &bytes[..left]).unwrap();
        world.files.append(7..8);
        world.target_is_down(false);
        let gone = world.run().await.unwrap_err().to_string();
        assert!(gone.contains("siem.ndjson.1.gz, which is empty"), "{gone}");
        fs::write(&packed, bytes).unwrap();
        world.run_well().await;
        assert_eq!(world.came(), lines(0..8));
    }
}

/// It is no other file than the one that is looked for, and nothing is sent of what can be read of it.
#[tokio::test]
async fn a_packed_file_that_is_damaged_behind_the_position_is_named() {
    for is_cut in [true, false] {
        let mut world = World::down(3, 400).await;
        world.end();
        rotate_packed(&world.files);
        let packed = world.files.path("siem.ndjson.1.gz");
        let bytes = fs::read(&packed).unwrap();
        let mut damaged = bytes.clone();
        let end = damaged.len();
        match is_cut {
            true => damaged.truncate(end - 9),
            false => damaged[end - 5] ^= 0xff,
        }
        fs::write(&packed, damaged).unwrap();
        world.files.append(403..404);
        world.target_is_down(false);
        for _ in 0..2 {
            let error = world.run().await.unwrap_err();
            assert!(matches!(error, FileError::Damaged { .. }), "{error}");
            assert!(error.to_string().contains("siem.ndjson.1.gz"), "{error}");
            world.end();
        }
        assert_eq!(world.came(), lines(0..3));
        fs::write(&packed, bytes).unwrap();
        world.run_well().await;
        assert_eq!(world.came(), lines(0..404));
    }
}

/// The rest of it is not looked for in the other one, though that has more.
#[tokio::test]
async fn a_packed_file_that_is_under_way_is_told_from_one_that_begins_as_it_does() {
    let begin = beginning(true);
    let mut world = World::after(1).await;
    world.end();
    world.files.rename();
    write(&world.files, &begin);
    world.files.append(1..200);
    rotate_packed(&world.files);
    world.files.append(200..201);
    // The one before is over, and some records of it are delivered.
    let steps = AtomicUsize::new(0);
    let stop = || steps.fetch_add(1, Ordering::SeqCst) >= 2;
    let report = world.delivery().run(soon(), &stop).await.unwrap();
    assert!((1..200).contains(&report.delivered));
    world.end();
    world.files.rename();
    write(&world.files, &begin);
    world.files.append(201..500);
    rotate_packed(&world.files);
    // It is another file by now, of the same content.
    world.files.copy("siem.ndjson.3.gz", "siem.ndjson.4.gz");
    world.files.remove("siem.ndjson.3.gz");
    world.files.append(500..501);
    world.run_well().await;
    let mut expected = lines(0..501);
    expected.extend(begin);
    assert_eq!(sorted(world.came()), sorted(expected));
}

/// What is known is not unpacked at every look, nor by every process: damage behind its beginning is not seen.
#[tokio::test]
async fn a_known_packed_file_is_unpacked_once() {
    let mut world = World::after(1).await;
    world.files.rename();
    world.files.append(1..300);
    world.run_well().await;
    rotate_packed(&world.files);
    world.files.append(300..301);
    world.run_well().await;
    world.end();
    let packed = world.files.path("siem.ndjson.1.gz");
    let modified = fs::metadata(&packed).unwrap().modified().unwrap();
    let mut bytes = fs::read(&packed).unwrap();
    let at = bytes.len() - 5;
    bytes[at] ^= 0xff;
    fs::write(&packed, &bytes).unwrap();
    let mut unpacked = Vec::new();
    GzDecoder::new(&bytes[..])
        .read_to_end(&mut unpacked)
        .unwrap_err();
    let file = fs::File::options().write(true).open(&packed).unwrap();
    file.set_modified(modified).unwrap();
    world.files.append(301..302);
    world.run_well().await;
    assert_eq!(world.came(), lines(0..302));
    // Once it was written to, it is unpacked, and named.
    file.set_modified(modified + Duration::from_secs(1))
        .unwrap();
    world.end();
    let damaged = world.run().await.unwrap_err().to_string();
    assert!(damaged.contains("cannot be unpacked"), "{damaged}");
}
