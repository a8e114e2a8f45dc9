// tar_read.cpp - going through an archive: tar t and tar x.
#include "commands/file/shown.h"
#include "commands/file/tar_extract.h"
#include "commands/json.h"
#include "commands/table.h"
#include "parse/calendar.h"
#include "parse/wildcard.h"

#include <sys/stat.h>

#include <cstdio>

namespace limpet::commands::tar {
namespace {

using parse::tar::Entry;
using parse::tar::Reader;

std::uint32_t type_bits(char type) {
    switch (type) {
        case parse::tar::directory: return S_IFDIR;
        case parse::tar::symbolic_link: return S_IFLNK;
        case parse::tar::character: return S_IFCHR;
        case parse::tar::block: return S_IFBLK;
        case parse::tar::fifo: return S_IFIFO;
        default: return S_IFREG;
    }
}

// Which operands name it, and which of them were met.
class Wanted {
public:
    explicit Wanted(const Style& style) : style_(style), met_(style.operands.size()) {}
    bool operator()(std::string_view name) {
        while (name.ends_with('/')) name.remove_suffix(1);
        // An operand that is excluded as well was there.
        const bool out = excluded(style_, name);
        if (met_.empty()) return !out;
        bool any = false;
        for (std::size_t i = 0; i < met_.size(); ++i) {
            std::string_view operand = style_.operands[i].name;
            while (operand.size() > 1 && operand.ends_with('/')) operand.remove_suffix(1);
            const bool below = name.size() > operand.size() && name.starts_with(operand) &&
                               name[operand.size()] == '/';
            const bool matches =
                name == operand || below ||
                (style_.wildcards && (parse::wildcard(operand, name) ||
                                      parse::wildcard(std::string(operand) + "/*", name)));
            if (!matches) continue;
            met_[i] = any = true;
        }
        return any && !out;
    }
    void complain_of_missing(Invocation& call) const {
        for (std::size_t i = 0; i < met_.size(); ++i) {
            if (!met_[i]) complain(call, style_.operands[i].name + ": not found in the archive");
        }
    }

private:
    const Style& style_;
    std::vector<bool> met_;
};

// Without its first components; empty when nothing is left.
std::string stripped(std::string_view name, std::size_t count) {
    for (; count > 0; --count) {
        const auto slash = name.find('/');
        if (slash == name.npos) return {};
        name.remove_prefix(std::min(name.find_first_not_of('/', slash), name.size()));
    }
    return std::string(name);
}

class Passage {
public:
    Passage(Invocation& call, const Style& style, Source& source)
        : call_(call), style_(style), source_(source), wanted_(style), extract_(call, style) {}

    Result<> go() {
        bool first = true, lost = false;
        for (;;) {
            const auto block = TRY(source_.block());
            if (block.empty()) return first ? refused("read", "it is empty") : Result<>{};
            const auto got = reader_.block(block);
            if (!got) {
                // The first damage is said; then blocks are passed over up to the next header.
                if (first) return refused("read", "this is no tar archive");
                if (!std::exchange(lost, true)) complain(call_, got.error());
                continue;
            }
            first = false;
            if (*got == Reader::Got::zeros) {
                if (style_.ignore_zeros) continue;
                source_.drain_record();
                return {};
            }
            if (*got != Reader::Got::entry) continue;
            lost = false;
            TRY(one());
            if (call_.out.failure()) return {};
        }
    }
    void finish() {
        extract_.finish();
        wanted_.complain_of_missing(call_);
    }

private:
    Result<> one() {
        auto& entry = reader_.entry();
        const auto left = entry.size + parse::tar::padding(entry.size);
        if (!wanted_(entry.name)) return source_.skip(left);
        const bool extracts = style_.action == Action::extract;
        if (extracts && style_.strip > 0) {
            entry.name = stripped(entry.name, style_.strip);
            if (entry.name.empty()) return source_.skip(left);
            if (entry.type == parse::tar::hard_link)
                entry.link = stripped(entry.link, style_.strip);
        }
        if (!extracts || style_.verbose > 0) {
            auto& out = style_.to_stdout ? call_.error : call_.out;
            print(call_, out, style_, entry, width_);
            if (&out == &call_.error) out.flush();
        }
        if (!extracts) return source_.skip(left);
        return extract_.one(entry, source_);
    }

    Invocation& call_;
    const Style& style_;
    Source& source_;
    Reader reader_;
    Wanted wanted_;
    std::size_t width_ = first_width;
    Extraction extract_;
};

}  // namespace

void print(Invocation& call, Output& out, const Style& style, const Entry& entry,
           std::size_t& width) {
    const bool listing = style.action == Action::list;
    if (listing && style.json) {
        char mode[16];
        std::snprintf(mode, sizeof mode, "%04o", entry.mode & 07777U);
        JsonObject object;
        object.text("path", entry.name)
            .text("type", type_word(type_bits(entry.type)))
            .text("mode", mode)
            .number("size", entry.real_size)
            .number("uid", entry.uid)
            .text("user", entry.user)
            .number("gid", entry.gid)
            .text("group", entry.group)
            .text("modified", iso_time({.tv_sec = entry.modified}));
        if (entry.type == parse::tar::symbolic_link) object.text("target", entry.link);
        if (entry.type == parse::tar::hard_link) object.text("link", entry.link);
        out.write(object.take());
    } else if (style.verbose > (listing ? 0 : 1)) {
        auto mode = mode_text(type_bits(entry.type) | entry.mode);
        if (entry.type == parse::tar::hard_link) mode[0] = 'h';
        const bool device = entry.type == parse::tar::character || entry.type == parse::tar::block;
        const auto size = device ? std::to_string(entry.major) + ',' + std::to_string(entry.minor)
                                 : std::to_string(entry.real_size);
        const auto id = [&](const std::string& name, std::uint32_t number) {
            return style.numeric || name.empty() ? std::to_string(number) : visible(name);
        };
        const auto who = id(entry.user, entry.uid) + '/' + id(entry.group, entry.gid);
        // The column grows with what it has to hold, and stays so.
        width = std::max(width, who.size() + size.size());
        out.write(mode);
        out.put(' ');
        out.write(who);
        out.write(std::string(width + 1 - who.size() - size.size(), ' '));
        out.write(size);
        out.put(' ');
        out.write(parse::format_time("%Y-%m-%d %H:%M", parse::moment(entry.modified)));
        out.put(' ');
        out.write(shown_name(call, entry.name));
        if (entry.type == parse::tar::symbolic_link) {
            out.write(" -> " + shown_name(call, entry.link));
        }
        if (entry.type == parse::tar::hard_link) {
            out.write(" link to " + shown_name(call, entry.link));
        }
    } else {
        out.write(shown_name(call, entry.name));
    }
    out.put('\n');
}

int read(Invocation& call, const Style& style) {
    const bool from_stdin = style.archive.empty() || style.archive == "-";
    auto input = call.open(from_stdin ? "-" : style.archive);
    if (!input) {
        complain(call, input.error());
        return call.status;
    }
    Unpacked unpacked(*std::move(input));
    const auto packing = unpacked.detect();
    auto ready = packing ? unpacked.as(*packing) : std::unexpected(packing.error());
    if (ready && style.gzip && *packing != parse::Packing::gzip) {
        ready = refused("gzip", "the archive is not in gzip format");
    }
    if (!ready) {
        complain(call, ready.error());
        return call.status;
    }
    Source source(std::move(unpacked));
    Passage passage(call, style, source);
    if (auto done = passage.go(); !done) {
        if (done.error().code == 0) done.error().action() = from_stdin ? "stdin" : style.archive;
        complain(call, done.error());
    }
    passage.finish();
    return call.status;
}

}  // namespace limpet::commands::tar
