//! The picture of `pregrub report --format svg`: one valid document, with words for those who do not see it.

use super::page::HOSTILE;
use crate::common::images::{Image, Tree, Volume};
use crate::common::program::{corpus, run, run_with_input};
use crate::common::tools;

fn assert_drawn(picture: &str) {
    tools::assert_well_formed(picture);
    assert!(picture.contains("role=\"img\" aria-labelledby=\"title\" aria-describedby=\"description\""));
    assert!(picture.contains("<title id=\"title\">") && picture.contains("<desc id=\"description\">"));
    for bad in ["<script", "<image", "<foreignObject", "<a ", "href", " on", "url(", "http://1"] {
        let outside = picture.replace("http://www.w3.org/2000/svg", "");
        let markup: String = outside
            .split('<')
            .skip(1)
            .filter_map(|rest| rest.split_once('>'))
            .map(|(tag, _)| format!("<{tag}>"))
            .collect();
        assert!(!markup.contains(bad), "{bad}: {markup}");
    }
}

#[test]
fn targets_are_drawn() {
    let disks = [corpus("images/recipe.img"), corpus("images/nixos-default.img"), corpus("cases/arch/grub.cfg")];
    for target in &disks {
        let picture = run(&["report", "--format", "svg", target]).stdout;
        assert_drawn(&picture);
        assert_eq!(run(&["report", "--format", "svg", target]).stdout, picture);
    }
    let image = Image::gpt(&[Volume::ext4(Tree::new()).sized(4 << 20), Volume::ext4(Tree::bootable()).sized(4 << 20)]);
    let picture = run(&["report", "--format", "svg", &image.argument()]).stdout;
    assert_drawn(&picture);
    assert!(picture.contains("partition 2 (GPT entry 2)") && picture.contains("class=\"piece mounts\""), "{picture}");
}

#[test]
fn a_guests_words_stay_where_they_are() {
    let arguments = ["report", "--format", "svg", "--as", "config", "--dialect", "grub2", "-"];
    assert_drawn(&run_with_input(&arguments, HOSTILE.as_bytes()).stdout);
    let text = "menuentry \"]]> </svg><script>x</script> \u{202e}\" {\n linux /k\n}\n";
    let picture = run_with_input(&arguments, text.as_bytes()).stdout;
    assert_drawn(&picture);
    assert!(picture.contains("]]&gt; &lt;/svg&gt;&lt;script&gt;x&lt;/script&gt; \\u202e"), "{picture}");
}
