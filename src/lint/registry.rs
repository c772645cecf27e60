//! All rules.

use super::rules::*;
use crate::lint::engine::rule::Rule;
use crate::lint::rules::declare::RuleCheck;

/// Lists the rules, and what those do that look at runs.
macro_rules! registry {
    (checks: $($rule:ident),+; about comments: $($about_comments:ident),+) => {
        /// All rules, in the order of their codes.
        pub static RULES: &[&Rule] = &[$(&$rule::RULE,)+ $(&$about_comments::RULE),+];

        /// What all rules do but those about the linter's own comments, in the order of their codes.
        pub(in crate::lint) static CHECKS: &[&RuleCheck] = &[$(&$rule::CHECK),+];
    };
}

registry! {
    checks:
    pg001_device_variable,
    pg002_root_device,
    pg003_device_name,
    pg004_unmatched_parenthesis,
    pg005_set_several_equals,
    pg006_set_without_value,
    pg007_closing_brace_without_entry,
    pg008_nested_entry,
    pg009_open_entry,
    pg010_function_swallows_entries,
    pg011_negative_default,
    pg012_default_not_a_number,
    pg013_not_utf_8,
    pg014_cut_at_1_mib,
    pg015_timeout_no_integer,
    pg016_menu_cannot_be_drawn,
    pg017_no_entry,
    pg018_append_raises,
    pg019_quoted_kernel_with_blanks,
    pg020_entry_option_raises,
    pg021_result_cannot_be_printed,
    pg022_file_name_with_nul,
    pg101_default_by_title,
    pg102_saved_entry,
    pg103_several_defaults,
    pg104_default_out_of_range,
    pg105_flattened_index,
    pg106_entry_without_kernel,
    pg107_entries_elsewhere,
    pg108_timeout_read_differently,
    pg109_several_kernels,
    pg110_byte_order_mark,
    pg111_default_read_differently,
    pg112_conditional_entries,
    pg113_variable_in_default,
    pg114_fallback_ignored,
    pg115_assignment_not_seen,
    pg116_hypervisor_as_kernel,
    pg120_differs_by_release,
    pg121_extlinux_arguments,
    pg201_several_initrds,
    pg202_double_slash,
    pg203_file_missing,
    pg204_quoted_path,
    pg205_path_with_trailing_text,
    pg206_tab_after_kernel,
    pg207_variable_in_path,
    pg208_literal_arguments,
    pg209_line_continuation,
    pg210_arguments_too_long,
    pg211_init_missing,
    pg212_root_matches_no_disk,
    pg213_odd_file,
    pg214_empty_path,
    pg216_no_initrd,
    pg301_unreadable_filesystem,
    pg302_feature_bits,
    pg303_unreplayed_journal,
    pg304_logical_partition,
    pg305_sector_size_4096,
    pg306_shadowed_configuration,
    pg307_earlier_partition_wins,
    pg308_broken_configuration_first,
    pg309_boot_code_in_table_area,
    pg310_hybrid_iso,
    pg311_image_format_read_raw,
    pg312_extlinux_linux_keyword,
    pg313_no_configuration,
    pg314_partition_table,
    pg315_incomplete_image,
    pg316_depends_on_the_host,
    pg317_configuration_is_a_directory,
    pg318_no_partition,
    pg401_domain_builder_refuses_kernel,
    pg420_initrd_damaged,
    pg421_initrd_not_an_archive,
    pg422_initrd_compression,
    pg423_initrd_members_lost,
    pg424_no_block_driver,
    pg425_initrd_without_init,
    pg426_modules_of_another_kernel,
    pg501_xl_refuses,
    pg502_boot_disk_not_first,
    pg503_pygrub_by_path,
    pg504_kernel_beside_bootloader,
    pg505_bootloader_in_hvm_guest,
    pg506_disk_missing,
    pg507_menu_nobody_sees,
    pg508_bootloader_args_rejected,
    pg509_no_boot_disk,
    pg510_bootargs,
    pg601_password_ignored,
    pg602_pygrub_unrestricted,
    pg603_menu_editing_open,
    pg604_forged_record,
    pg605_file_too_large,
    pg701_grub_boots_another_entry,
    pg702_grub_hands_over_other_arguments,
    pg703_grub_rejects_a_block,
    pg704_root_misleads_grub,
    pg705_grub_boots_without_the_initrd,
    pg706_grub_boots_nothing;
    about comments:
    pg801_unused_suppression,
    pg802_malformed_suppression
}

/// The rule with this code or name, in upper or lower case.
pub fn find(code_or_name: &str) -> Option<&'static Rule> {
    RULES
        .iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name.eq_ignore_ascii_case(code_or_name))
        .copied()
}

/// The rule whose code or name looks most like `name`. `None` if none does, and in a library without the command line.
#[cfg(feature = "cli")]
pub fn closest(name: &str) -> Option<&'static Rule> {
    /// Below this likeness, of which 1 is the most, the guess would not help.
    const LEAST: f64 = 0.6;
    /// Shorter words are in the name of a rule by chance.
    const LONG_ENOUGH: usize = 4;
    let name = name.to_lowercase();
    let likeness = |rule: &Rule| {
        let alike = |known: &str| strsim::normalized_damerau_levenshtein(known, &name);
        let is_word = name.len() >= LONG_ENOUGH && rule.name.split('-').any(|word| word == name);
        alike(&rule.code.to_lowercase()).max(alike(rule.name)).max(if is_word { 0.9 } else { 0.0 })
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
    use crate::lint::engine::group::Group;

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
