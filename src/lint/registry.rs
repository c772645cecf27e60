//! All rules.

use super::rules::*;
use crate::lint::analysis::context::LintContext;
use crate::lint::engine::reporter::Reporter;
use crate::lint::engine::rule::{BootImpact, Rule};
use crate::lint::engine::severity::Severity;

/// All rules, in the order of their codes.
pub static RULES: &[&Rule] = &[
    &pg001_device_variable::RULE,
    &pg002_root_device::RULE,
    &pg003_device_name::RULE,
    &pg004_unmatched_parenthesis::RULE,
    &pg005_set_several_equals::RULE,
    &pg006_set_without_value::RULE,
    &pg007_closing_brace_without_entry::RULE,
    &pg008_nested_entry::RULE,
    &pg009_open_entry::RULE,
    &pg010_function_swallows_entries::RULE,
    &pg011_negative_default::RULE,
    &pg012_default_not_a_number::RULE,
    &pg013_not_utf_8::RULE,
    &pg014_cut_at_1_mib::RULE,
    &pg015_timeout_no_integer::RULE,
    &pg016_menu_cannot_be_drawn::RULE,
    &pg017_no_entry::RULE,
    &pg018_append_raises::RULE,
    &pg019_quoted_kernel_with_blanks::RULE,
    &pg020_entry_option_raises::RULE,
    &pg021_result_cannot_be_printed::RULE,
    &pg022_file_name_with_nul::RULE,
    &pg101_default_by_title::RULE,
    &pg102_saved_entry::RULE,
    &pg103_several_defaults::RULE,
    &pg104_default_out_of_range::RULE,
    &pg105_flattened_index::RULE,
    &pg106_entry_without_kernel::RULE,
    &pg107_entries_elsewhere::RULE,
    &pg108_timeout_read_differently::RULE,
    &pg109_several_kernels::RULE,
    &pg110_byte_order_mark::RULE,
    &pg111_default_read_differently::RULE,
    &pg112_conditional_entries::RULE,
    &pg113_variable_in_default::RULE,
    &pg114_fallback_ignored::RULE,
    &pg115_assignment_not_seen::RULE,
    &pg116_hypervisor_as_kernel::RULE,
    &pg120_differs_by_release::RULE,
    &pg201_several_initrds::RULE,
    &pg202_double_slash::RULE,
    &pg203_file_missing::RULE,
    &pg204_quoted_path::RULE,
    &pg205_path_with_trailing_text::RULE,
    &pg206_tab_after_kernel::RULE,
    &pg207_variable_in_path::RULE,
    &pg208_literal_arguments::RULE,
    &pg209_line_continuation::RULE,
    &pg210_arguments_too_long::RULE,
    &pg211_init_missing::RULE,
    &pg212_root_matches_no_disk::RULE,
    &pg213_odd_file::RULE,
    &pg214_empty_path::RULE,
    &pg216_no_initrd::RULE,
    &pg301_unreadable_filesystem::RULE,
    &pg302_feature_bits::RULE,
    &pg303_unreplayed_journal::RULE,
    &pg304_logical_partition::RULE,
    &pg305_sector_size_4096::RULE,
    &pg306_shadowed_configuration::RULE,
    &pg307_earlier_partition_wins::RULE,
    &pg308_broken_configuration_first::RULE,
    &pg309_boot_code_in_table_area::RULE,
    &pg310_hybrid_iso::RULE,
    &pg311_image_format_read_raw::RULE,
    &pg312_extlinux_linux_keyword::RULE,
    &pg313_no_configuration::RULE,
    &pg314_partition_table::RULE,
    &pg315_incomplete_image::RULE,
    &pg316_depends_on_the_host::RULE,
    &pg317_configuration_is_a_directory::RULE,
    &pg318_no_partition::RULE,
    &pg401_domain_builder_refuses_kernel::RULE,
    &pg420_initrd_damaged::RULE,
    &pg421_initrd_not_an_archive::RULE,
    &pg422_initrd_compression::RULE,
    &pg423_initrd_members_lost::RULE,
    &pg424_no_block_driver::RULE,
    &pg425_initrd_without_init::RULE,
    &pg426_modules_of_another_kernel::RULE,
    &pg501_xl_refuses::RULE,
    &pg502_boot_disk_not_first::RULE,
    &pg503_pygrub_by_path::RULE,
    &pg504_kernel_beside_bootloader::RULE,
    &pg505_bootloader_in_hvm_guest::RULE,
    &pg506_disk_missing::RULE,
    &pg507_menu_nobody_sees::RULE,
    &pg508_bootloader_args_rejected::RULE,
    &pg509_no_boot_disk::RULE,
    &pg510_bootargs::RULE,
    &pg601_password_ignored::RULE,
    &pg602_pygrub_unrestricted::RULE,
    &pg603_menu_editing_open::RULE,
    &pg604_forged_record::RULE,
    &pg605_file_too_large::RULE,
    &pg801_unused_suppression::RULE,
    &pg802_malformed_suppression::RULE,
];

/// The rule with this code or name, in upper or lower case.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name))
        .copied()
}

/// What a finding has before the reporter names its rule.
pub(super) static UNNAMED: Rule = Rule {
    code: "",
    name: "",
    severity: Severity::Note,
    stops: BootImpact::Never,
    releases: "",
    doc: "",
    check: nothing,
};

fn nothing(_: &LintContext<'_>, _: &mut Reporter<'_>) {}

/// The rule whose code or name looks most like `name`. `None` if none does, and in a library without the command line.
#[cfg(feature = "cli")]
pub fn closest(name: &str) -> Option<&'static Rule> {
    /// Below this likeness the guess would be no help.
    const LEAST: f64 = 0.7;
    let name = name.to_lowercase();
    let likeness = |rule: &Rule| {
        let code = strsim::normalized_damerau_levenshtein(&rule.code.to_lowercase(), &name);
        code.max(strsim::jaro_winkler(rule.name, &name))
    };
    let rules = RULES.iter().map(|rule| (likeness(rule), *rule));
    let best = rules.max_by(|(one, first), (other, second)| one.total_cmp(other).then(second.code.cmp(first.code)));
    best.filter(|(likeness, _)| *likeness >= LEAST).map(|(_, rule)| rule)
}

/// The rule whose code or name looks most like `name`. `None` if none does, and in a library without the command line.
#[cfg(not(feature = "cli"))]
pub fn closest(_name: &str) -> Option<&'static Rule> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::Group;

    #[test]
    fn codes_are_in_order_and_names_are_unique() {
        assert!(RULES.is_sorted_by(|a, b| a.code < b.code), "the list is sorted by code");
        let mut names: Vec<_> = RULES.iter().map(|rule| rule.name).collect();
        names.sort_unstable();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for rule in RULES {
            assert!(rule.code.len() == 5 && rule.code[2..].bytes().all(|byte| byte.is_ascii_digit()), "{}", rule.code);
            assert!(Group::ALL.iter().any(|group| rule.code.starts_with(group.prefix())), "{}", rule.code);
            assert!(
                rule.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
                "{}",
                rule.name
            );
            assert_eq!(rule.code, rule.code.to_uppercase());
        }
    }

    #[test]
    fn every_rule_is_documented() {
        for rule in RULES {
            let headings: Vec<&str> = rule.doc.lines().filter_map(|line| line.trim().strip_prefix("## ")).collect();
            assert_eq!(headings, Rule::SECTIONS, "{}", rule.code);
        }
    }
}
