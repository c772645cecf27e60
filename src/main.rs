//! The program `pregrub`.

fn main() -> std::process::ExitCode {
    pregrub::cli::main()
}
