// diff_files.cpp - two files: read, compared, told of.
#include "commands/text/diff_files.h"

#include "commands/json.h"
#include "commands/spoken.h"
#include "parse/calendar.h"

#include <algorithm>
#include <ctime>

namespace limpet::commands::diff {
namespace {

// How much of a file says whether it is text.
constexpr std::size_t head_size = 32768;
// Both files are held in memory to be compared line by line.
constexpr std::size_t text_limit = std::size_t{256} << 20;

// Reads on until there are `size` bytes; true at the end of the file.
Result<bool> load(Side& side, std::string& bytes, std::size_t size) {
    if (!side.input) return true;
    while (bytes.size() < size) {
        auto block = side.input->block();
        if (!block) {
            return std::unexpected(Error{block.error().code, "read", side.name, {}});
        }
        if (block->empty()) return true;
        bytes += *block;
    }
    return false;
}

// Byte by byte, of which `first` and `second` are read already.
Result<bool> same_bytes(Sides& sides, const std::string& first, const std::string& second) {
    std::array<std::string_view, 2> parts{first, second};
    for (;;) {
        for (std::size_t i = 0; i < 2; ++i) {
            if (!parts[i].empty() || !sides[i].input) continue;
            auto block = sides[i].input->block();
            if (!block) {
                return std::unexpected(Error{block.error().code, "read", sides[i].name, {}});
            }
            parts[i] = *block;
        }
        const auto size = std::min(parts[0].size(), parts[1].size());
        if (size == 0) return parts[0].empty() && parts[1].empty();
        if (parts[0].substr(0, size) != parts[1].substr(0, size)) return false;
        parts[0].remove_prefix(size);
        parts[1].remove_prefix(size);
    }
}

std::string time_of(const Style& style, const Side& side) {
    timespec time{};
    if (side.status && S_ISREG(side.status->stx_mode)) {
        time = {side.status->stx_mtime.tv_sec, side.status->stx_mtime.tv_nsec};
    } else if (side.status) {
        ::clock_gettime(CLOCK_REALTIME, &time);
    }
    // As POSIX has it for -c; the other form is what patch(1) and people expect of -u.
    return parse::format_time(
        style.form == Form::context ? "%a %b %e %H:%M:%S %Y" : "%Y-%m-%d %H:%M:%S.%N %z",
        parse::moment(time.tv_sec, static_cast<std::uint32_t>(time.tv_nsec)));
}

void tell(Invocation& call, std::string_view what, const Sides& sides, std::string_view verb) {
    if (call.json()) {
        const auto result = what != "Files" ? "binary" : verb == "differ" ? verb : "same";
        return tell_json(call, result, sides[0].name, sides[1].name);
    }
    call.out.write(what);
    call.out.put(' ');
    speak(call.out, sides[0].name);
    call.out.write(" and ");
    speak(call.out, sides[1].name);
    call.out.put(' ');
    call.out.write(verb);
    call.out.put('\n');
}

Result<Outcome> by_lines(Invocation& call, const Style& style, const Sides& sides, bool in_tree,
                         Text& first, Text& second) {
    const auto script = TRY(compare_lines(style, first, second));
    const bool differs = std::ranges::any_of(
        script, [&](const Change& change) { return counts(style, first, second, change); });
    if (!differs) return Outcome::same;
    if (style.brief) {
        tell(call, "Files", sides, "differ");
        return Outcome::different;
    }
    // The forms that name both files themselves say it once, as busybox's and toybox's.
    if (in_tree && style.form != Form::unified && style.form != Form::context &&
        style.form != Form::json) {
        speak_line(call.out, "diff" + style.words + ' ' + header_name(first.name) + ' ' +
                                 header_name(second.name));
    }
    first.time = time_of(style, sides[0]);
    second.time = time_of(style, sides[1]);
    print(call, style, first, second, script);
    return Outcome::different;
}

Result<Outcome> compare(Invocation& call, const Style& style, Sides& sides, bool in_tree) {
    Text first{sides[0].name}, second{sides[1].name};
    bool whole = TRY(load(sides[0], first.bytes, head_size));
    whole = TRY(load(sides[1], second.bytes, head_size)) && whole;
    const auto binary_head = [](const std::string& bytes) {
        return std::string_view(bytes).substr(0, head_size).find('\0') != std::string_view::npos;
    };
    const bool binary = !style.as_text && (binary_head(first.bytes) || binary_head(second.bytes));
    if (binary || (style.brief && !style.ignores() && !style.ignore_blank_lines)) {
        if (TRY(same_bytes(sides, first.bytes, second.bytes))) return Outcome::same;
        tell(call, style.brief ? "Files" : "Binary files", sides, "differ");
        return Outcome::different;
    }
    if (!whole) {
        for (auto [side, text] : {std::pair(&sides[0], &first), std::pair(&sides[1], &second)}) {
            if (TRY(load(*side, text->bytes, text_limit))) continue;
            return refused("compare " + side->name, "more than 268435456 bytes of text", "try -q");
        }
    }
    auto outcome = Outcome::same;
    if (style.form == Form::ed || style.form == Form::forward_ed) {
        // The script cannot say it.
        for (auto* text : {&first, &second}) {
            if (text->complete()) continue;
            call.complain(text->name + ": No newline at end of file");
            text->bytes += '\n';
            outcome = Outcome::trouble;
        }
    }
    if (first.bytes == second.bytes) return outcome;
    return worse(outcome, TRY(by_lines(call, style, sides, in_tree, first, second)));
}

// GNU's words.
std::string_view kind(const Side& side) {
    const auto& status = *side.status;
    switch (status.stx_mode & S_IFMT) {
        case S_IFREG: return status.stx_size == 0 ? "regular empty file" : "regular file";
        case S_IFDIR: return "directory";
        case S_IFLNK: return "symbolic link";
        case S_IFIFO: return "fifo";
        case S_IFSOCK: return "socket";
        case S_IFCHR: return "character special file";
        case S_IFBLK: return "block special file";
    }
    return "weird file";
}

}  // namespace

void tell_json(Invocation& call, std::string_view result, std::string_view first,
               std::string_view second) {
    JsonObject object;
    object.text("result", result).known("first", first).known("second", second);
    object.line(call.out);
}

void kinds_differ(Invocation& call, const Sides& sides) {
    if (call.json()) return tell_json(call, "kind", sides[0].name, sides[1].name);
    speak(call.out, "File " + sides[0].name + " is a ");
    call.out.write(kind(sides[0]));
    speak(call.out, " while file " + sides[1].name + " is a ");
    call.out.write(kind(sides[1]));
    call.out.put('\n');
}

Outcome files(Invocation& call, const Style& style, Sides& sides, bool in_tree) {
    const auto outcome = compare(call, style, sides, in_tree);
    if (!outcome) {
        call.complain(outcome.error());
        return Outcome::trouble;
    }
    if (*outcome == Outcome::same && style.report_same) {
        tell(call, "Files", sides, "are identical");
    }
    return *outcome;
}

std::string joined(std::string_view directory, std::string_view name) {
    std::string path(directory);
    if (!path.ends_with('/')) path += '/';
    return path += name;
}

}  // namespace limpet::commands::diff
