// awk.cpp - scan texts for patterns and work on their fields.
#include "parse/awk.h"
#include "commands/command.h"
#include "commands/text/awk_machine.h"

namespace limpet::commands {
namespace {

constexpr Option options[]{
    {'F', "field-separator", "FS", "what parts fields: a character or an expression"},
    {'v', "assign", "VAR=VALUE", "set a variable before BEGIN"},
    {'f', "file", "FILE", "take the program from FILE (several make one)"},
    {'e', "source", "PROGRAM", "take the program from here (mixes with -f)"},
};

// The parts of -e and -f or, without them, the first operand, which goes from `operands`.
Result<std::string> program_text(const Options& given, std::vector<std::string>& operands,
                                 auto&& read) {
    std::string text;
    bool any = false;
    for (const auto& [option, value] : given.all()) {
        if (option.letter != 'f' && option.letter != 'e') continue;
        any = true;
        text += option.letter == 'e' ? value : TRY(read(value));
        text += '\n';
    }
    if (any) return text;
    if (operands.empty()) return refused("program", "none is given");
    text = std::move(operands.front());
    operands.erase(operands.begin());
    return text;
}

Result<std::string> read_program(Invocation& call, const std::string& name) {
    auto input = TRY(call.open(name));
    std::string text;
    for (;;) {
        const auto block = TRY(input.block());
        if (block.empty()) return text;
        text += block;
        if (text.size() > parse::awk::program_limit) {
            return refused("program", name + " has more than 16 MiB");
        }
    }
}

int run(Invocation& call) {
    auto text = program_text(call.options, call.operands,
                             [&](const std::string& name) { return read_program(call, name); });
    if (!text && text.error().code == 0) return call.misused(limpet::text(text.error()));
    auto program = text ? parse::awk::parse(*text) : std::unexpected(text.error());
    if (!program) {
        call.complain(program.error());
        return 2;
    }
    const bool wide = program->runs_commands || call.options.has('f');
    awk::Machine machine(call, *std::move(program), wide);
    for (const auto& [option, value] : call.options.all()) {
        if (option.letter == 'F') {
            machine.set_separator(parse::awk::unescaped(value));
        } else if (option.letter == 'v' && !machine.assign_operand(value)) {
            return call.misused("-v: '" + value + "' is no VAR=VALUE");
        }
    }
    return machine.run(call.operands);
}

// Only a program that has system() or pipes needs to be as wide as the shell; one in a file may
// have them.
Command::Asks asked(std::span<const std::string> arguments);

constexpr Command awk_command{
    .name = "awk",
    .usage = "[-F FS] [-v VAR=VALUE] PROGRAM|-f FILE [FILE|VAR=VALUE...]",
    .summary = "scan texts for patterns and work on their fields",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = option_table<options>,
    .help =
        "POSIX awk; of gawk's also ** **=, nextfile, gensub, match with an array, length of one,\n"
        "systime, strftime (in UTC), RS as an expression and \\y \\< \\> \\w \\s. Characters are "
        "UTF-8.\n"
        "system() and pipes run limpet's own shell and commands. print > FILE writes below\n"
        "$LIMPET_SCRATCH, or in the target with --allow modify. An array is walked in the order "
        "in\n"
        "which its elements were made.\n\n"
        "Example:\n  awk -F: '$3 >= 1000 { print $1, $7 }' /etc/passwd\n"
        "  ps -ef | awk '{ n[$1]++ } END { for (u in n) print n[u], u }'\n",
    .operand_ends_options = true,
    .asks = asked,
};
const Register registered{awk_command};

Command::Asks asked(std::span<const std::string> arguments) {
    Options given;
    std::vector<std::string> operands;
    if (!parse_options(awk_command, arguments, given, operands)) return {};
    if (given.has('f')) return {.commands = true};
    const auto text = program_text(
        given, operands, [](const std::string&) -> Result<std::string> { return std::string(); });
    const auto program = text ? parse::awk::parse(*text) : std::unexpected(text.error());
    if (!program) return {};
    return {.commands = program->runs_commands, .writes = program->writes_files};
}

}  // namespace
}  // namespace limpet::commands
