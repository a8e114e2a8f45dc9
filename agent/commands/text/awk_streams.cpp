// commands/text/awk_streams.cpp - records of an input, and the files and commands of a program.
#include "commands/text/awk_streams.h"

#include "commands/create.h"
#include "sys/file.h"

#include <fcntl.h>

#include <algorithm>

namespace limpet::commands::awk {

Result<std::optional<std::string_view>> Reader::paragraph() {
    auto text = TRY(input_.ahead(0));
    for (;;) {
        const auto blank = std::min(text.find_first_not_of('\n'), text.size());
        input_.skip(blank);
        text.remove_prefix(blank);
        if (!text.empty()) break;
        text = TRY(input_.ahead(0));
        if (text.empty()) return std::nullopt;
    }
    std::size_t searched = 0;
    for (;;) {
        const auto end = text.find("\n\n", searched);
        if (end != text.npos) {
            input_.skip(end + 2);
            return text.substr(0, end);
        }
        searched = text.empty() ? 0 : text.size() - 1;
        const auto known = text.size();
        text = TRY(input_.ahead(known));
        if (text.size() > known) continue;
        input_.skip(known);
        if (text.ends_with('\n')) text.remove_suffix(1);
        return text;
    }
}

Result<std::optional<std::string_view>> Reader::up_to(parse::Regex& end) {
    constexpr std::size_t patient = 1024 * 1024;
    std::size_t known = 0;
    for (std::size_t searched = 0;;) {
        const auto text = TRY(input_.ahead(known));
        const bool last = text.size() == known;
        known = text.size();
        if (known == 0) return std::nullopt;
        // A long record is searched anew when it has doubled, so that all of it is linear.
        if (!last && known > patient && known < 2 * searched) continue;
        searched = known;
        std::size_t from = 0;
        for (;;) {
            const auto found = TRY(end.find(text, from));
            // One that ends where we know no further might go on.
            if (!found || (found->end == known && !last)) break;
            if (found->end > found->begin) {
                input_.skip(found->end);
                return text.substr(0, found->begin);
            }
            from = found->end + 1;
            if (from >= known) break;
        }
        if (!last) continue;
        input_.skip(known);
        return text;
    }
}

Streams::Stream* Streams::find(std::string_view name, bool writes, bool command) {
    for (auto& stream : streams_) {
        if (stream.name == name && stream.writes == writes && stream.command == command) {
            return &stream;
        }
    }
    return nullptr;
}

Result<Fd> Streams::create_file(std::string_view name, bool append) const {
    if (!wide_ || call_.target.mode == target::Mode::here || !target::may_write(call_.target)) {
        return create(call_, name, append ? Writing::append : Writing::truncate);
    }
    const int flags = O_WRONLY | O_NOCTTY | O_CREAT | (append ? O_APPEND : O_TRUNC);
    return create_apart(call_.target, call_.path(name), flags, 0666);
}

Result<Output*> Streams::output(parse::awk::Target target, std::string_view name) {
    using parse::awk::Target;
    const bool command = target == Target::command;
    if (auto* const known = find(name, true, command)) return known->out.get();
    if (command) return TRY(open_command(name, true))->out.get();
    if (name == "/dev/stdout" || name == "-") return &call_.out;
    if (name == "/dev/stderr") return &call_.error;
    if (name.empty()) return refused("print", "a file without a name");
    auto fd = TRY(create_file(name, target == Target::append));
    auto& made = streams_.emplace_back(Stream{.name = std::string(name), .writes = true});
    made.fd = std::move(fd);
    made.out = std::make_unique<Output>(BorrowedFd(made.fd));
    return made.out.get();
}

Result<Reader*> Streams::file(std::string_view name) {
    if (auto* const known = find(name, false, false)) return known->in.get();
    auto input = TRY(call_.open(name == "/dev/stdin" ? "-" : name));
    auto& made = streams_.emplace_back(Stream{.name = std::string(name)});
    made.in = std::make_unique<Reader>(std::move(input));
    return made.in.get();
}

Result<Reader*> Streams::command(std::string_view name) {
    if (auto* const known = find(name, false, true)) return known->in.get();
    return TRY(open_command(name, false))->in.get();
}

Call Streams::shell(std::string_view command) const {
    return {.command = *commands::find("sh"),
            .arguments = {"-c", std::string(command)},
            .target = call_.target,
            .directory = call_.directory,
            .environment = call_.environment};
}

Result<Streams::Stream*> Streams::open_command(std::string_view name, bool writes) {
    flush_all();
    auto [read, write] = TRY(sys::pipe());
    Ends ends;
    (writes ? ends.in : ends.out) = writes ? read.get() : write.get();
    ends.close = {read.get(), write.get()};
    for (const auto& stream : streams_) {
        if (stream.command) ends.close.push_back(stream.fd.get());
    }
    const auto child = TRY(start(shell(name), ends));
    auto& made = streams_.emplace_back(
        Stream{.name = std::string(name), .writes = writes, .command = true, .child = child});
    made.fd = std::move(writes ? write : read);
    if (writes) {
        made.out = std::make_unique<Output>(BorrowedFd(made.fd));
    } else {
        made.in = std::make_unique<Reader>(Input(BorrowedFd(made.fd)));
    }
    return &made;
}

int Streams::finish(Stream& stream) {
    int status = 0;
    if (stream.out) {
        if (!stream.out->flush()) status = -1;
        // A command that had read enough is no failure; a full disk is.
        if (const auto& failure = stream.out->failure(); failure && failure->code != EPIPE) {
            call_.complain(Error{failure->code, "write", stream.name});
        }
    }
    stream.out.reset();
    stream.in.reset();
    stream.fd.reset();
    if (stream.child < 0) return status;
    const auto ended = wait_for(stream.child, "sh");
    return ended ? shell_status(*ended) : -1;
}

int Streams::close(std::string_view name) {
    int status = -1;
    for (auto at = streams_.begin(); at != streams_.end();) {
        if (at->name != name) {
            ++at;
            continue;
        }
        // Before the child that reads or writes with us prints.
        if (at->command) call_.out.flush();
        status = finish(*at);
        at = streams_.erase(at);
    }
    return status;
}

bool Streams::flush(std::string_view name) {
    bool found = false;
    bool good = true;
    for (auto& stream : streams_) {
        if (stream.name != name || !stream.out) continue;
        found = true;
        good = stream.out->flush() && good;
    }
    if (name == "/dev/stdout" || name == "-") return call_.out.flush();
    if (name == "/dev/stderr") return call_.error.flush();
    return found && good;
}

bool Streams::flush_all() {
    bool good = call_.out.flush();
    call_.error.flush();
    for (auto& stream : streams_) {
        if (stream.out) good = stream.out->flush() && good;
    }
    return good;
}

int Streams::close_all() {
    call_.out.flush();
    int status = 0;
    while (!streams_.empty()) {
        if (finish(streams_.front()) < 0) status = -1;
        streams_.pop_front();
    }
    return status;
}

Result<int> Streams::run(std::string_view command) {
    flush_all();
    Ends ends;
    for (const auto& stream : streams_) {
        if (stream.command) ends.close.push_back(stream.fd.get());
    }
    const auto child = TRY(start(shell(command), ends));
    return shell_status(TRY(wait_for(child, "sh")));
}

}  // namespace limpet::commands::awk
