//! What the worker hands over to its supervisor, and how the supervisor checks it.
//!
//! The worker has read the guest's disk and may have been taken over, so nothing that it says is believed: the supervisor made
//! the files and knows their names and lengths, and what is left - arguments, the names of files with `-n` - goes through the
//! checks that any text of a guest goes through before it reaches the toolstack.
//!
//! A message is a row of fields: a letter, the length of what follows as four bytes (little endian), and that. Each field comes at
//! most once, in the order of `Field`.

use crate::boot::Task;
use crate::boot::command_line::ParsedCommandLine;
use crate::release::Change;

/// Most bytes of all that the worker hands over. The longest of it is a list of entries, about twice as long as the
/// configurations that it comes from.
pub(super) const MOST: usize = 16 << 20;
/// Most bytes of arguments, and of a name: a configuration is read up to 2 MiB, and `--args` is at most a system's longest
/// argument more.
const MOST_TEXT: usize = 4 << 20;

/// The fields of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Field {
    /// What is printed, with `-l` and `--isconfig`.
    Printed = b'a' as isize,
    /// How many bytes of the kernel were copied.
    Kernel,
    /// How many bytes of the initrd were copied.
    Ramdisk,
    /// The kernel's path in the guest, with `-n`.
    KernelName,
    /// The initrd's.
    RamdiskName,
    /// The arguments.
    Args,
}

impl Field {
    const ALL: [Self; 6] =
        [Self::Printed, Self::Kernel, Self::Ramdisk, Self::KernelName, Self::RamdiskName, Self::Args];

    fn letter(self) -> u8 {
        self as u8
    }
}

/// What the worker found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkerResult {
    /// What is printed on standard output besides the result.
    pub printed: Option<Vec<u8>>,
    /// How many bytes of the kernel were copied. `None` if none was to be.
    pub kernel: Option<u64>,
    /// How many bytes of the initrd were copied. `None` if there is none.
    pub ramdisk: Option<u64>,
    /// The kernel's path in the guest, for releases that print it with `-n`.
    pub kernel_name: Option<Vec<u8>>,
    /// The initrd's path in the guest, for the same.
    pub ramdisk_name: Option<Vec<u8>>,
    /// The arguments. `None` if there are none.
    pub args: Option<Vec<u8>>,
}

impl WorkerResult {
    /// As a message.
    pub fn encode(&self) -> Vec<u8> {
        let number = |number: Option<u64>| number.map(|number| number.to_le_bytes().to_vec());
        let fields = [
            (Field::Printed, self.printed.clone()),
            (Field::Kernel, number(self.kernel)),
            (Field::Ramdisk, number(self.ramdisk)),
            (Field::KernelName, self.kernel_name.clone()),
            (Field::RamdiskName, self.ramdisk_name.clone()),
            (Field::Args, self.args.clone()),
        ];
        let mut message = Vec::new();
        for (field, value) in fields {
            let Some(value) = value else { continue };
            message.push(field.letter());
            // Longer ones do not fit into a message; the supervisor refuses them by the total.
            message.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_le_bytes());
            message.extend(value);
        }
        message
    }

    /// Takes a message apart. `None` if it is not one.
    pub(super) fn decode(mut message: &[u8]) -> Option<Self> {
        let mut handover = Self::default();
        let mut last = None;
        while let Some((&letter, rest)) = message.split_first() {
            let field = Field::ALL.into_iter().find(|field| field.letter() == letter)?;
            if last.is_some_and(|last| field <= last) {
                return None;
            }
            last = Some(field);
            let (length, rest) = rest.split_first_chunk()?;
            let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
            let (value, rest) = rest.split_at_checked(length)?;
            message = rest;
            let number = || value.try_into().ok().map(u64::from_le_bytes);
            let text = || Some(value).filter(|value| value.len() <= MOST_TEXT).map(<[u8]>::to_vec);
            match field {
                Field::Printed => handover.printed = Some(value.to_vec()),
                Field::Kernel => handover.kernel = Some(number()?),
                Field::Ramdisk => handover.ramdisk = Some(number()?),
                Field::KernelName => handover.kernel_name = Some(text()?),
                Field::RamdiskName => handover.ramdisk_name = Some(text()?),
                // Empty ones are none.
                Field::Args => handover.args = Some(text().filter(|args| !args.is_empty())?),
            }
        }
        Some(handover)
    }

    /// Whether a worker that was called so, and that ended well, can hand this over. `kernel` and `ramdisk` are the lengths of the
    /// files that the supervisor made, where it made them, and `most` is the largest file that may be copied.
    pub(super) fn fits(&self, call: &ParsedCommandLine, kernel: Option<u64>, ramdisk: Option<u64>, most: u64) -> bool {
        let prints = call.prints();
        let names = call.options.task == Task::DryRun && !call.options.build().has(Change::Runas);
        let copies = !prints && call.options.task == Task::Copy;
        if self.printed.is_some() != prints || (prints && self.args.is_some()) {
            return false;
        }
        let names = names && !prints;
        if self.kernel_name.is_some() != names || (self.ramdisk_name.is_some() && !names) {
            return false;
        }
        let said = (self.kernel, self.ramdisk);
        if !copies {
            return said == (None, None);
        }
        // What was not handed over was not written to either.
        let whole = said.0 == kernel && said.0.is_some() && said.1.or(Some(0)) == ramdisk;
        whole && [said.0, said.1].into_iter().flatten().all(|bytes| bytes <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn full() -> WorkerResult {
        WorkerResult {
            printed: Some(b"title: A\n".to_vec()),
            kernel: Some(5),
            ramdisk: Some(1 << 40),
            kernel_name: Some(b"/k".to_vec()),
            ramdisk_name: Some(Vec::new()),
            args: Some(b"ro".to_vec()),
        }
    }

    #[test]
    fn a_message_comes_back_as_it_was() {
        for handover in [WorkerResult::default(), full(), WorkerResult { printed: None, args: None, ..full() }] {
            assert_eq!(WorkerResult::decode(&handover.encode()), Some(handover));
        }
    }

    #[test]
    fn nothing_else_is_a_message() {
        let message = full().encode();
        // Every field ends where another may begin.
        let ends = (0..message.len()).filter(|&end| WorkerResult::decode(&message[..end]).is_some()).count();
        assert_eq!(ends, 6);
        let field = |letter: u8, value: &[u8]| {
            [&[letter][..], &u32::try_from(value.len()).unwrap().to_le_bytes(), value].concat()
        };
        let (kernel, args) = (field(b'b', &[0; 8]), field(b'f', b"ro"));
        assert!(WorkerResult::decode(&[kernel.clone(), args.clone()].concat()).is_some());
        for wrong in [
            [args.clone(), kernel.clone()].concat(),
            [kernel.clone(), kernel].concat(),
            field(b'b', &[0; 7]),
            field(b'f', b""),
            field(b'f', &vec![b'x'; MOST_TEXT + 1]),
            field(b'g', b"x"),
            [&args[..], b"x"].concat(),
        ] {
            assert_eq!(WorkerResult::decode(&wrong), None, "{:?}", &wrong[..wrong.len().min(30)]);
        }
    }
}
