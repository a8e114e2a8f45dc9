// memory.cpp - what is in the memory of a process: its ranges, a search, a dump.
#include "commands/process/memory_of.h"

#include "commands/json.h"
#include "commands/process/strace_decode.h"
#include "commands/table.h"
#include "limpet/limits.h"
#include "parse/lines.h"
#include "parse/maps.h"
#include "parse/name_table.h"
#include "parse/number.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace limpet::commands {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;
constexpr std::size_t page = 4096;
constexpr std::size_t context = 32;  // bytes shown before and after what was found
constexpr std::size_t needle_limit = 65536;

struct Range {
    std::uint64_t begin = 0, end = 0;
    std::string name;
};

struct Subject {
    Process process;
    MemoryOf memory;
    std::vector<parse::Mapping> mappings;
};

Result<Subject> open(Invocation& call, const std::string& operand) {
    const auto pid = parse::number<pid_t>(operand);
    if (!pid || *pid <= 0) return refused("memory", "'" + operand + "' is no process id");
    Subject subject;
    subject.process = TRY(open_process(call.target, *pid));
    subject.memory = TRY(MemoryOf::open(subject.process));
    const auto text = TRY(subject.process.at.read("maps", limits::large_procfs_file));
    for (std::string_view rest = text; !rest.empty();) {
        if (auto mapping = parse::mapping(parse::take_line(rest))) {
            subject.mappings.push_back(*std::move(mapping));
        }
    }
    return subject;
}

bool readable(const parse::Mapping& mapping) { return mapping.permissions.starts_with('r'); }

// Calls `take` with what can be read, and `miss` with what cannot, in order.
using Take = std::function<bool(std::uint64_t at, std::string_view bytes)>;
using Miss = std::function<void(std::uint64_t begin, std::uint64_t end)>;
bool walk(const Subject& subject, const Range& range, const Take& take, const Miss& miss) {
    std::string bytes;
    std::uint64_t hole = range.begin;
    for (auto at = range.begin; at < range.end;) {
        const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(block, range.end - at));
        bytes.resize(size);
        const auto got = subject.memory.read(at, bytes.data(), size);
        if (got > 0) {
            if (hole < at) miss(hole, at);
            bytes.resize(got);
            if (!take(at, std::string_view(bytes))) return false;
            at += got;
            hole = at;
        }
        // A page that cannot be read says nothing of the next one, unless nothing is mapped there.
        if (got == size) continue;
        at = (at / page + 1) * page;
        const auto mapping =
            std::ranges::upper_bound(subject.mappings, at, {}, &parse::Mapping::end);
        at = mapping == subject.mappings.end() ? range.end : std::max(at, mapping->start);
        at = std::min(at, range.end);
    }
    if (hole < range.end) miss(hole, range.end);
    return true;
}

void complain_of_hole(Invocation& call, std::uint64_t begin, std::uint64_t end) {
    char text[80];
    std::snprintf(text, sizeof text, "%lx-%lx cannot be read", begin, end);
    call.complain(text);
}

int list(Invocation& call, const Subject& subject) {
    Table table(call, {{"begin"},
                       {"end"},
                       {"size", Align::right},
                       {"permissions", Align::left, "PERM"},
                       {"path"}});
    for (const auto& mapping : subject.mappings) {
        if (!readable(mapping)) continue;
        char begin[24], end[24];
        std::snprintf(begin, sizeof begin, "%lx", mapping.start);
        std::snprintf(end, sizeof end, "%lx", mapping.end);
        std::vector<Cell> cells;
        cells.emplace_back(std::string(begin));
        cells.emplace_back(std::string(end));
        cells.emplace_back(mapping.end - mapping.start);
        cells.emplace_back(mapping.permissions);
        cells.emplace_back(mapping.path);
        table.row(std::move(cells));
    }
    table.finish();
    return call.status;
}

// "90 90 cc" or "9090cc".
std::optional<std::string> from_hex(std::string_view text) {
    std::string bytes;
    std::string digits;
    for (const char each : text) {
        if (each == ' ' || each == ':') continue;
        digits += each;
        if (digits.size() < 2) continue;
        const auto value = parse::number<unsigned>(digits, 16);
        if (!value) return std::nullopt;
        bytes += static_cast<char>(*value);
        digits.clear();
    }
    if (!digits.empty() || bytes.empty()) return std::nullopt;
    return bytes;
}

void found(Invocation& call, const Subject& subject, std::uint64_t at, std::size_t size,
           const Range& range) {
    const auto from = std::max(range.begin, at < context ? 0 : at - context);
    const auto until = std::min(range.end, at + size + context);
    const auto around = subject.memory.bytes(from, static_cast<std::size_t>(until - from));
    if (call.json()) {
        JsonObject object;
        object.number("pid", subject.process.pid)
            .text("address", parse::hex(at))
            .text("path", range.name)
            .number("offset", at - range.begin)
            .text("context", around);
        object.line(call.out);
        return;
    }
    std::string text;
    strace::quote(around, text);
    call.out.print("%lx  %s  ", at,
                   range.name.empty() ? "[anonymous]" : visible(range.name).c_str());
    call.out.write(text + "\n");
}

int find(Invocation& call, const Subject& subject) {
    auto needle = call.operands[2];
    if (call.options.has('x')) {
        auto bytes = from_hex(needle);
        if (!bytes) return call.misused("'" + needle + "' are no hexadecimal digits");
        needle = *std::move(bytes);
    }
    if (needle.empty() || needle.size() > needle_limit) {
        return call.misused("what is looked for has 1 to 65536 bytes");
    }
    std::uint64_t left = 1000;
    if (const auto most = call.options.value('m')) {
        left = parse::number<std::uint64_t>(*most).value_or(0);
    }
    bool any = false;
    for (const auto& mapping : subject.mappings) {
        if (!readable(mapping)) continue;
        const Range range{mapping.start, mapping.end, mapping.path};
        std::string tail;  // the end of the block before: what is looked for may lie across
        std::uint64_t next = range.begin;
        const bool more = walk(
            subject, range,
            [&](std::uint64_t at, std::string_view bytes) {
                if (at != next) tail.clear();
                next = at + bytes.size();
                tail += bytes;
                const auto base = next - tail.size();
                const std::string_view all = tail;
                for (std::size_t place = 0; (place = all.find(needle, place)) != all.npos;
                     ++place) {
                    found(call, subject, base + place, needle.size(), range);
                    any = true;
                    if (--left == 0) return false;
                }
                tail.erase(0, tail.size() - std::min(tail.size(), needle.size() - 1));
                return !call.out.failure();
            },
            // Of devices and of guards of the kernel nothing can be read: that is no finding.
            [](std::uint64_t, std::uint64_t) {});
        if (!more) break;
    }
    return any ? call.status : 1;
}

// "7f00-7fff", "7f00+4096", "[heap]", a path: every mapping of it.
bool ranges_of(Invocation& call, const Subject& subject, const std::string& word,
               std::vector<Range>& ranges) {
    const auto known = ranges.size();
    for (const auto& mapping : subject.mappings) {
        if (mapping.path == word && readable(mapping)) {
            ranges.push_back({mapping.start, mapping.end, word});
        }
    }
    if (ranges.size() > known) return true;
    auto text = std::string_view(word);
    const auto sign = text.find_first_of("-+");
    const auto plain = [](std::string_view digits) {
        if (digits.starts_with("0x")) digits.remove_prefix(2);
        return parse::number<std::uint64_t>(digits, 16);
    };
    const auto begin = plain(text.substr(0, sign));
    if (sign == text.npos || !begin) {
        call.complain("there is no mapping '" + word + "', nor is it a range");
        return false;
    }
    const auto rest = text.substr(sign + 1);
    const bool length = text[sign] == '+';
    const auto value =
        length && !rest.starts_with("0x") ? parse::number<std::uint64_t>(rest) : plain(rest);
    const auto end = value ? length ? *begin + *value : *value : 0;
    if (!value || end < *begin) {
        call.complain("'" + word + "' is no range (BEGIN-END or BEGIN+SIZE)");
        return false;
    }
    ranges.push_back({*begin, end, {}});
    return true;
}

int dump(Invocation& call, const Subject& subject) {
    std::vector<Range> ranges;
    for (std::size_t i = 2; i < call.operands.size(); ++i) {
        if (!ranges_of(call, subject, call.operands[i], ranges)) return 1;
    }
    const std::string zeroes(page, '\0');
    for (const auto& range : ranges) {
        const bool more = walk(
            subject, range,
            [&](std::uint64_t, std::string_view bytes) {
                call.out.write(bytes);
                return !call.out.failure();
            },
            // Zeroes in their place, so that what follows lies where it should.
            [&](std::uint64_t begin, std::uint64_t end) {
                complain_of_hole(call, begin, end);
                constexpr std::uint64_t largest = std::uint64_t{1} << 32;
                for (auto left = std::min(end - begin, largest); left > 0;) {
                    const auto size = std::min<std::uint64_t>(left, page);
                    call.out.write(
                        std::string_view(zeroes).substr(0, static_cast<std::size_t>(size)));
                    left -= size;
                    if (call.out.failure()) return;
                }
            });
        if (!more) break;
    }
    return call.status;
}

int run(Invocation& call) {
    const auto& words = call.operands;
    if (words.empty()) return call.misused("which process?");
    const std::string what = words.size() > 1 ? words[1] : "list";
    const bool known = what == "list"   ? words.size() <= 2
                       : what == "find" ? words.size() == 3
                                        : what == "dump" && words.size() >= 3;
    if (!known) return call.misused("memory PID, memory PID find TEXT or memory PID dump RANGE...");
    const auto subject = open(call, words[0]);
    if (!subject) {
        call.complain(subject.error());
        return 1;
    }
    if (what == "find") return find(call, *subject);
    if (what == "dump") return dump(call, *subject);
    return list(call, *subject);
}

constexpr Option options[]{
    {'x', "hex", "", "TEXT are hexadecimal digits"},
    {'m', "max-count", "N", "stop after N findings (1000)"},
    json_option,
};

constexpr Command memory{
    .name = "memory",
    .usage = "[-o json] PID | [-x] [-m N] PID find TEXT | PID dump RANGE...",
    .summary = "list, search and dump the memory of a process",
    .theme = "process",
    .promise = Promise::processes | Promise::trace,
    .run = run,
    .options = option_table<options>,
    .help =
        "A range is BEGIN-END or BEGIN+SIZE (hexadecimal; a size without 0x is decimal), or what "
        "is\n"
        "mapped: [heap], [stack], a path. The process is not stopped. What of a dump cannot be "
        "read\n"
        "is told, and zeroes stand in its place. Status 1 when nothing is found.\n"
        "JSON fields: begin, end, size, permissions, path; of find: pid, address, path, offset "
        "(in\n"
        "the mapping), context.\n\n"
        "Examples:\n  memory 1 find password=\n  memory 1 dump '[heap]' | strings\n",
};
const Register registered{memory};

}  // namespace
}  // namespace limpet::commands
