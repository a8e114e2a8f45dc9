// sed.cpp - edit a stream of lines by a script.
#include "parse/sed.h"

#include "commands/create.h"
#include "commands/text/sed_in_place.h"
#include "commands/text/sed_input.h"
#include "commands/text/sed_replace.h"

#include <algorithm>
#include <list>

namespace limpet::commands {
namespace {

using parse::sed::Address;
using parse::sed::Command;
using parse::sed::Script;

// The pattern space may grow by G and N as a script likes.
constexpr std::size_t space_limit = std::size_t{256} * 1024 * 1024;

struct File {
    Fd fd;
    Output out;
    sed::Sink sink;
    File(Fd opened, char terminator)
        : fd(std::move(opened)), out(BorrowedFd(fd)), sink(out, terminator) {}
};

struct Range {
    bool active = false;
    bool done = false;  // begun by a line number once, which is all
    std::uint64_t end = 0;
};

// What follows a command.
enum class Flow { next, jump, end_cycle, end_cycle_silently, restart, quit, quit_silently };

class Editor {
public:
    Editor(Invocation& call, Script script, bool quiet, char terminator)
        : call_(call),
          script_(std::move(script)),
          quiet_(quiet),
          terminator_(terminator),
          lines_(call, call.options.has('s'), terminator),
          out_(call.out, terminator),
          ranges_(script_.commands.size()) {}

    Result<> open_files(bool append) {
        for (const auto& name : script_.files) {
            const int standard = name == "/dev/stdout" ? 1 : name == "/dev/stderr" ? 2 : -1;
            if (standard > 0) {
                files_.push_back(nullptr);
                continue;
            }
            auto fd = TRY(create(call_, name, append ? Writing::append : Writing::truncate));
            opened_.emplace_back(std::move(fd), terminator_);
            files_.push_back(&opened_.back());
        }
        return {};
    }

    Result<int> run() {
        auto line = lines_.next();
        bool keep_space = false;
        while (line || keep_space) {
            if (!keep_space) {
                space_ = std::move(line->text);
                ended_ = line->ended;
            }
            keep_space = false;
            const auto flow = TRY(cycle());
            const bool silent = flow == Flow::end_cycle_silently || flow == Flow::quit_silently;
            if (flow == Flow::restart) {
                keep_space = true;
            } else if (!silent && !quiet_) {
                print();
            }
            TRY(append());
            if (call_.options.has('u')) call_.out.flush();
            if (flow == Flow::quit || flow == Flow::quit_silently) return status_;
            if (call_.out.failure()) break;
            if (keep_space) continue;
            line = lines_.next();
        }
        return status_;
    }
    bool flush_files() {
        bool good = true;
        for (auto& file : opened_) good = file.out.flush() && good;
        return good;
    }

private:
    Result<Flow> cycle() {
        replaced_ = false;
        for (std::size_t at = 0; at < script_.commands.size(); ++at) {
            const auto& command = script_.commands[at];
            if (TRY(chosen(command, ranges_[at])) == command.negated) {
                // Past the block that is not run.
                if (command.name == '{') at = command.target - 1;
                continue;
            }
            const auto flow = TRY(execute(command, ranges_[at]));
            if (flow == Flow::jump) {
                at = command.target - 1;
            } else if (flow != Flow::next) {
                return flow;
            }
            if (space_.size() + hold_.size() > space_limit) {
                return refused("script", "more than 256 MiB in the pattern or hold space");
            }
        }
        return Flow::end_cycle;
    }

    Result<bool> matches(const Address& address) {
        switch (address.kind) {
            case Address::Kind::none: return true;
            case Address::Kind::line: return lines_.number() == address.number;
            case Address::Kind::last: return lines_.last();
            case Address::Kind::step:
                if (address.step == 0) return lines_.number() == address.number;
                return lines_.number() >= address.number &&
                       (lines_.number() - address.number) % address.step == 0;
            case Address::Kind::match: {
                auto* regex = TRY(used(address.regex.get()));
                return regex->matches(space_);
            }
            default: return false;
        }
    }
    // The expression, or when it is empty the last one that was used.
    Result<parse::Regex*> used(parse::Regex* regex) {
        if (regex) last_regex_ = regex;
        if (!last_regex_) return refused("script", "an empty expression, and none was used before");
        return last_regex_;
    }
    Result<bool> chosen(const Command& command, Range& range) {
        using Kind = Address::Kind;
        if (command.second.kind == Kind::none) return matches(command.first);
        const auto line = lines_.number();
        const auto& second = command.second;
        const bool from_zero = command.first.kind == Kind::line && command.first.number == 0;
        if (!range.active && from_zero && line == 1 && range.end == 0) {
            range.active = true;
            range.end = 1;
        } else if (!range.active) {
            // A line number begins the range on that line, or on the next one that comes here.
            if (command.first.kind == Kind::line) {
                if (range.done || from_zero || line < command.first.number) return false;
                range.done = true;
            } else if (!TRY(matches(command.first))) {
                return false;
            }
            range.end = second.kind == Kind::relative ? line + second.number
                        : second.kind == Kind::multiple && second.number > 0
                            ? (line + second.number - 1) / second.number * second.number
                        : second.kind == Kind::multiple ? line
                                                        : second.number;
            const bool by_line = second.kind != Kind::match && second.kind != Kind::last;
            range.active = by_line ? line < range.end : true;
            if (second.kind == Kind::last) range.active = !lines_.last();
            return true;
        }
        if (second.kind == Kind::match || second.kind == Kind::last) {
            range.active = !TRY(matches(second));
            return true;
        }
        range.active = line < range.end;
        return line <= range.end;
    }

    void print() { out_.line(space_, ended_); }

    Result<Flow> execute(const Command& command, Range& range) {
        switch (command.name) {
            case '=': out_.raw(std::to_string(lines_.number()) + '\n'); break;
            case 'a': queue_.push_back({command.text, false}); break;
            case 'i': out_.raw(command.text); break;
            case 'c':
                if (command.negated || command.second.kind == Address::Kind::none ||
                    !range.active) {
                    out_.raw(command.text);
                }
                return Flow::end_cycle_silently;
            case 'b': return Flow::jump;
            case 't':
                if (std::exchange(replaced_, false)) return Flow::jump;
                break;
            case 'T':
                if (!std::exchange(replaced_, false)) return Flow::jump;
                break;
            case 'd': return Flow::end_cycle_silently;
            case 'D': {
                const auto newline = space_.find('\n');
                if (newline == space_.npos) return Flow::end_cycle_silently;
                space_.erase(0, newline + 1);
                return Flow::restart;
            }
            case 'g':
                space_ = hold_;
                ended_ = hold_ended_;
                break;
            case 'G':
                space_ += '\n' + hold_;
                ended_ = hold_ended_;
                break;
            case 'h':
                hold_ = space_;
                hold_ended_ = ended_;
                break;
            case 'H':
                hold_ += '\n' + space_;
                hold_ended_ = ended_;
                break;
            case 'x':
                std::swap(space_, hold_);
                std::swap(ended_, hold_ended_);
                break;
            case 'z': space_.clear(); break;
            case 'l': unambiguous(command.number); break;
            case 'F': out_.raw(lines_.file() + '\n'); break;
            case 'n':
            case 'N': return another(command.name == 'N');
            case 'p': print(); break;
            case 'P': {
                const auto newline = space_.find('\n');
                if (newline == space_.npos) {
                    print();
                } else {
                    out_.line(std::string_view(space_).substr(0, newline));
                }
                break;
            }
            case 'q':
            case 'Q':
                status_ = static_cast<int>(command.number & 255);
                return command.name == 'q' ? Flow::quit : Flow::quit_silently;
            case 'r': queue_.push_back({command.text, true}); break;
            case 's': TRY(substitute(command)); break;
            case 'w': write_to(*command.file); break;
            case 'y': sed::translate(space_, command.map); break;
            default: break;
        }
        return Flow::next;
    }
    Result<Flow> another(bool append_it) {
        if (lines_.last()) {
            // POSIX drops the pattern space of an N that finds no line; GNU, as all expect, prints
            // it.
            return Flow::quit;
        }
        if (!append_it && !quiet_) print();
        TRY(append());
        auto line = lines_.next();
        if (!line) return Flow::quit;
        space_ = append_it ? std::move(space_) + '\n' + line->text : std::move(line->text);
        ended_ = line->ended;
        return Flow::next;
    }
    Result<> substitute(const Command& command) {
        const auto& what = command.substitution;
        auto* regex = TRY(used(what.regex.get()));
        if (!TRY(sed::replace(space_, *regex, what))) return {};
        replaced_ = true;
        if (what.print) print();
        if (command.file) write_to(*command.file);
        return {};
    }
    void write_to(std::size_t index) {
        if (auto* file = files_[index]) {
            file->sink.line(space_, ended_);
        } else if (script_.files[index] == "/dev/stderr") {
            call_.error.write(space_ + '\n');
            call_.error.flush();
        } else {
            print();
        }
    }
    // What a and r have put behind the line.
    Result<> append() {
        for (const auto& [text, is_file] : queue_) {
            if (!is_file) {
                out_.raw(text);
                continue;
            }
            // A file that is not there counts as empty.
            auto input = call_.open(text == "/dev/stdin" ? "-" : text);
            while (input) {
                const auto bytes = input->block();
                if (!bytes || bytes->empty()) break;
                out_.raw(*bytes);
            }
        }
        queue_.clear();
        return {};
    }
    void unambiguous(std::uint64_t width) {
        for (const auto& part : sed::unambiguous(space_, width)) out_.raw(part + '\n');
    }

    Invocation& call_;
    Script script_;
    bool quiet_;
    char terminator_;
    sed::Lines lines_;
    sed::Sink out_;
    std::vector<Range> ranges_;
    std::list<File> opened_;
    std::vector<File*> files_;  // by their index in the script; null: standard output or error
    std::string space_, hold_;
    // Whether a newline ends them: the very last line may have none, and takes that along.
    bool ended_ = true, hold_ended_ = true;
    bool replaced_ = false;
    parse::Regex* last_regex_ = nullptr;
    struct Queued {
        std::string text;
        bool is_file;
    };
    std::vector<Queued> queue_;
    int status_ = 0;
};

// One script over all of the operands. `append`: files that it writes go on.
int edit(Invocation& call, const std::string& source, bool append) {
    auto script = parse::sed::parse(source, call.options.has('E') || call.options.has('r'));
    if (!script) {
        call.complain(script.error());
        return 1;
    }
    const bool quiet = call.options.has('n') || script->quiet;
    Editor editor(call, *std::move(script), quiet, call.options.has('z') ? '\0' : '\n');
    if (const auto opened = editor.open_files(append); !opened) {
        call.complain(opened.error());
        return 4;
    }
    const auto status = editor.run();
    if (!editor.flush_files()) call.complain("write: a file could not be written whole");
    if (!status) {
        call.complain(status.error());
        return status.error().action() == "script" ? 1 : 4;
    }
    // 2: an input could not be read, as GNU has it.
    return *status != 0 ? *status : call.status != 0 ? 2 : 0;
}

int run(Invocation& call) {
    const auto source = sed::script_of(call);
    if (!source) {
        return source.error().code == 0 ? call.misused(text(source.error()))
                                        : (call.complain(source.error()), 1);
    }
    if (call.options.has('i')) {
        if (call.operands.empty()) return call.misused("-i needs a FILE");
        return sed::in_place(
            call, [&](Invocation& one, bool first) { return edit(one, *source, !first); });
    }
    if (call.operands.empty()) call.operands.emplace_back("-");
    return edit(call, *source, false);
}

constexpr Option options[]{
    {'n', "quiet", "", "print only what the script prints"},
    {'e', "expression", "SCRIPT", "a part of the script"},
    {'f', "file", "FILE", "the same, from a file"},
    {'E', "regexp-extended", "", "extended regular expressions"},
    {'r', "", "", "the same as -E"},
    {'i', "in-place", "[SUFFIX]", "change the files themselves; with SUFFIX, keep them under it"},
    {'s', "separate", "", "each file has a last line of its own"},
    {'u', "unbuffered", "", "write every line as it is done"},
    {'z', "null-data", "", "lines end with a zero byte"},
};

constexpr commands::Command sed_command{
    .name = "sed",
    .usage = "[-nEsuz] [-i[SUFFIX]] [-e SCRIPT | -f FILE]... [SCRIPT] [FILE...]",
    .summary = "edit a stream of lines by a script",
    .theme = "text",
    .promise = Promise::files,
    .run = run,
    .options = commands::option_table<options>,
    .help =
        "Commands: { } = a b c d D F g G h H i l n N p P q Q r s t T w x y z # :LABEL\n"
        "Addresses: N  $  /RE/  /RE/I  FIRST~STEP  A,B  A,+N  A,~N  0,/RE/  and ! behind them\n"
        "s/RE/NEW/FLAGS: g, a number, p, i, w FILE; in NEW: & \\1 to \\9, \\n, \\U \\L \\u \\l "
        "\\E\n"
        "-i and w need --allow modify or --scratch. With -i a file is replaced when its edit is "
        "whole.\n"
        "Status: 0, or what q says; 1 the script is wrong, 2 a file could not be read, 4 else.\n\n"
        "Examples:\n  sed -n '/ERROR/,/^$/p' app.log\n  sed -E 's/(password=).*/\\1***/' app.conf\n"
        "  sed '/^#/d;/^$/d' /etc/app.conf\n",
    .writes = true,
};
const Register registered{sed_command};

}  // namespace
}  // namespace limpet::commands
