//! The recorded answers of a real Linux: its message, and whether /init ran.

use pregrub::initrd::{InitrdVerdict, Problem};

use super::{Answer, answers, file, message, whole};

/// Where pregrub refuses an initrd in other words than the kernel, or cannot tell, and why.
fn other_words(name: &str) -> Option<&'static str> {
    Some(match name {
        "gzip-with-comment" => "of a damaged stream, flate2 hands out more than zlib before it notices",
        "xz-dictionary-1g" | "lzma-dictionary-1g" => "depends on the guest's memory: pregrub does not tell",
        "zstd-window-256m" | "zstd-window-2g" => {
            "the kernel had 256 MiB of memory: it does not come to judge the window"
        }
        name if name.starts_with("lz4-less") || name.starts_with("lz4-cut") => {
            "the kernel reads on after the end of the file"
        }
        name if name.starts_with("lzma-") => "the kernel's decoder notices damage at the end of the data only",
        name if name.starts_with("bzip2-") => "the kernel has three messages for damaged bzip2, by how far it came",
        name if name.contains("flipped") => {
            "one damaged byte: what is decoded before it is noticed differs between decoders"
        }
        _ => return None,
    })
}

#[test]
fn a_real_kernel_says_the_same() {
    let (mut same, mut words, mut wrong) = (0, Vec::new(), Vec::new());
    for Answer { initrd: name, message: said, init, files, panic, .. } in answers() {
        let report = whole(&file(&name));
        let (ours, ends) = (message(&report), report.verdict());
        let cut =
            report.problems.iter().any(|problem| matches!(problem, Problem::Cut { .. } | Problem::WithoutTrailer));
        let good = said.is_none() && init;
        // Of what the kernel refuses or loses, pregrub must not say that it is usable.
        if ends == InitrdVerdict::Usable && said.is_some() {
            wrong.push(format!("{name}: usable, and the kernel says {said:?} {panic:?}"));
        }
        if good && !cut && ends != InitrdVerdict::Usable && other_words(&name).is_none() {
            wrong.push(format!("{name}: {ends:?} {:?}, and the kernel has nothing to say", report.problems));
        }
        if ours == said {
            same += 1;
            if !cut && said.is_none() && report.walk.unfinished.is_none() && init != report.walk.inventory.init {
                wrong.push(format!("{name}: /init runs: {init}; found: {}", report.walk.inventory.init));
            }
            if said.is_none()
                && report.walk.unfinished.is_none()
                && (files.len() as u64) > report.walk.inventory.entries
            {
                wrong.push(format!("{name}: {} files, {} entries", files.len(), report.walk.inventory.entries));
            }
        } else if other_words(&name).is_some() {
            words.push(name);
        } else {
            wrong.push(format!("{name}: the kernel says {said:?}, we say {ours:?}"));
        }
    }
    println!("{same} with the kernel's words, {} in other words: {words:?}", words.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same > 300, "{same}");
}
