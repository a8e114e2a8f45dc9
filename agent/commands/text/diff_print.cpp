// diff_print.cpp - the forms in which differences are printed.
#include "commands/text/diff_text.h"

#include "commands/json.h"

#include <algorithm>

namespace limpet::commands::diff {

std::string header_name(std::string_view name) {
    std::string text;
    bool quote = false;
    for (const char byte : name) {
        const auto code = static_cast<unsigned char>(byte);
        if (byte == ' ') quote = true;
        if (byte == '"' || byte == '\\' || code < 32 || code == 127) {
            quote = true;
            constexpr std::string_view bytes = "\"\\\a\b\f\n\r\t\v", letters = "\"\\abfnrtv";
            text += '\\';
            if (const auto at = bytes.find(byte); at != bytes.npos) {
                text += letters[at];
            } else {
                text += static_cast<char>('0' + code / 64);
                text += static_cast<char>('0' + code / 8 % 8);
                text += static_cast<char>('0' + code % 8);
            }
            continue;
        }
        text += byte;
    }
    return quote ? '"' + text + '"' : text;
}

namespace {

constexpr std::string_view bold = "\033[1m", cyan = "\033[36m", red = "\033[31m",
                           green = "\033[32m", plain = "\033[0m";

class Printer {
public:
    Printer(Invocation& call, const Style& style, const Text& first, const Text& second,
            const std::vector<Change>& script)
        : call_(call),
          out_(call.out),
          style_(style),
          first_(first),
          second_(second),
          script_(script) {}

    void run() {
        switch (style_.form) {
            case Form::normal:
                for (const auto& change : script_)
                    if (counts(change)) normal(change);
                return;
            case Form::ed:
                for (auto change = script_.rbegin(); change != script_.rend(); ++change)
                    if (counts(*change)) ed(*change);
                return;
            case Form::forward_ed:
                for (const auto& change : script_)
                    if (counts(change)) ed(change);
                return;
            case Form::rcs:
                for (const auto& change : script_)
                    if (counts(change)) rcs(change);
                return;
            case Form::json:
                for (const auto& change : script_)
                    if (counts(change)) json(change);
                return;
            case Form::context:
            case Form::unified: return hunks();
        }
    }

private:
    [[nodiscard]] bool counts(const Change& change) const {
        return diff::counts(style_, first_, second_, change);
    }
    void colour(std::string_view code) {
        if (style_.colour) out_.write(code);
    }
    // "3", "3,5"; of no lines the one before them.
    void range(std::uint32_t from, std::uint32_t count, char separator = ',') {
        if (count > 1) {
            out_.print("%u%c%u", from + 1, separator, from + count);
        } else {
            out_.print("%u", from + count);
        }
    }
    void expanded(std::string_view line) {
        if (!style_.expand_tabs) return out_.write(line);
        std::size_t column = 0;
        for (const char byte : line) {
            if (byte == '\t') {
                do out_.put(' ');
                while (++column % 8 != 0);
                continue;
            }
            out_.put(byte);
            column = byte == '\b' ? column - (column > 0) : byte == '\r' ? 0 : column + 1;
        }
    }
    void line(std::string_view mark, std::string_view text, std::string_view code = {}) {
        const bool ended = text.ends_with('\n');
        if (ended) text.remove_suffix(1);
        if (!code.empty()) colour(code);
        out_.write(mark);
        if (style_.initial_tab) out_.put('\t');
        expanded(text);
        if (!code.empty()) colour(plain);
        out_.write(ended ? "\n" : "\n\\ No newline at end of file\n");
    }
    void normal(const Change& change) {
        colour(cyan);
        range(change.first, change.deleted);
        out_.put(change.deleted == 0 ? 'a' : change.inserted == 0 ? 'd' : 'c');
        range(change.second, change.inserted);
        colour(plain);
        out_.put('\n');
        const std::string_view old = style_.initial_tab ? "<" : "< ";
        const std::string_view made = style_.initial_tab ? ">" : "> ";
        for (std::uint32_t i = 0; i < change.deleted; ++i)
            line(old, first_.lines[change.first + i], red);
        if (change.deleted > 0 && change.inserted > 0) out_.write("---\n");
        for (std::uint32_t i = 0; i < change.inserted; ++i)
            line(made, second_.lines[change.second + i], green);
    }
    void ed(const Change& change) {
        const bool forward = style_.form == Form::forward_ed;
        const char letter = change.deleted == 0 ? 'a' : change.inserted == 0 ? 'd' : 'c';
        if (forward) out_.put(letter);
        range(change.first, change.deleted, forward ? ' ' : ',');
        if (!forward) out_.put(letter);
        out_.put('\n');
        if (change.inserted == 0) return;
        bool inserting = true;
        for (std::uint32_t i = 0; i < change.inserted; ++i) {
            const auto text = second_.lines[change.second + i];
            if (!inserting) out_.write("a\n");
            inserting = true;
            // ed takes a lone dot for the end of the text.
            if (!forward && text == ".\n") {
                out_.write("..\n.\ns/.//\n");
                inserting = false;
                continue;
            }
            expanded(text);
            if (!text.ends_with('\n')) out_.put('\n');
        }
        if (inserting) out_.write(".\n");
    }
    void rcs(const Change& change) {
        if (change.deleted > 0) out_.print("d%u %u\n", change.first + 1, change.deleted);
        if (change.inserted == 0) return;
        out_.print("a%u %u\n", change.first + change.deleted, change.inserted);
        for (std::uint32_t i = 0; i < change.inserted; ++i)
            out_.write(second_.lines[change.second + i]);
    }

    // By hand: a change may be as long as the file.
    void texts(std::string_view name, const Text& text, std::uint32_t from, std::uint32_t count) {
        out_.write(name);
        for (std::uint32_t i = 0; i < count; ++i) {
            if (i > 0) out_.put(',');
            out_.write(json_string(text.lines[from + i]));
        }
    }
    void json(const Change& change) {
        JsonObject object;
        object.text("result", "change").text("first", first_.name).text("second", second_.name);
        object.number("first_line", change.first + 1).number("second_line", change.second + 1);
        auto text = object.take();
        text.pop_back();
        out_.write(text);
        texts(",\"deleted\":[", first_, change.first, change.deleted);
        texts("],\"inserted\":[", second_, change.second, change.inserted);
        out_.write("]}\n");
    }

    void header(std::string_view mark, const Text& text, std::size_t label) {
        colour(bold);
        out_.write(mark);
        out_.put(' ');
        if (label < style_.labels.size()) {
            out_.write(style_.labels[label]);
        } else {
            out_.write(header_name(text.name));
            out_.put('\t');
            out_.write(text.time);
        }
        colour(plain);
        out_.put('\n');
    }
    // Changes that share context with one another; those of -B alone make none.
    void hunks() {
        const std::uint64_t context = style_.context;
        bool begun = false;
        for (std::size_t at = 0; at < script_.size();) {
            std::size_t end = at + 1;
            bool wanted = counts(script_[at]);
            for (; end < script_.size(); ++end) {
                const auto& before = script_[end - 1];
                const bool matters = counts(script_[end]);
                const auto gap = script_[end].first - before.first - before.deleted;
                if (matters ? gap > 2 * context : gap >= context) break;
                wanted |= matters;
            }
            if (wanted) {
                const bool unified = style_.form == Form::unified;
                if (!std::exchange(begun, true)) {
                    header(unified ? "---" : "***", first_, 0);
                    header(unified ? "+++" : "---", second_, 1);
                }
                const auto changes = std::span(script_).subspan(at, end - at);
                unified ? unified_hunk(changes) : context_hunk(changes);
            }
            at = end;
            if (out_.failure()) return;
        }
    }
    struct Extent {
        std::uint32_t first, second, first_end, second_end;
    };
    [[nodiscard]] Extent extent(std::span<const Change> changes) const {
        const auto& begin = changes.front();
        const auto& last = changes.back();
        const auto before = std::min({begin.first, begin.second, style_.context});
        Extent extent{begin.first - before, begin.second - before, last.first + last.deleted,
                      last.second + last.inserted};
        // With -b and the like both may end differently.
        const auto left = std::min(first_.lines.size() - extent.first_end,
                                   second_.lines.size() - extent.second_end);
        const auto after = std::min<std::size_t>(left, style_.context);
        extent.first_end += static_cast<std::uint32_t>(after);
        extent.second_end += static_cast<std::uint32_t>(after);
        return extent;
    }
    // -p: the last line before the hunk that looks like the head of a function.
    void function(std::uint32_t before) {
        if (!style_.show_function) return;
        for (; function_seen_ < before; ++function_seen_) {
            const auto text = first_.lines[function_seen_];
            const char byte = text.empty() ? ' ' : text[0];
            if (byte == '_' || byte == '$' || (byte >= 'A' && byte <= 'Z') ||
                (byte >= 'a' && byte <= 'z')) {
                function_ = text;
            }
        }
        auto text = function_.substr(0, 40);
        while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\t'))
            text.remove_suffix(1);
        if (text.empty()) return;
        out_.put(' ');
        out_.write(text);
    }
    void unified_range(char mark, std::uint32_t from, std::uint32_t end) {
        const auto count = end - from;
        if (count == 1) {
            out_.print(" %c%u", mark, from + 1);
        } else {
            out_.print(" %c%u,%u", mark, count == 0 ? from : from + 1, count);
        }
    }
    void unified_hunk(std::span<const Change> changes) {
        const auto part = extent(changes);
        colour(cyan);
        out_.write("@@");
        unified_range('-', part.first, part.first_end);
        unified_range('+', part.second, part.second_end);
        out_.write(" @@");
        colour(plain);
        function(part.first);
        out_.put('\n');
        const std::string_view same = style_.initial_tab ? "" : " ";
        auto at = part.first;
        for (const auto& change : changes) {
            for (; at < change.first; ++at) line(same, first_.lines[at]);
            for (std::uint32_t i = 0; i < change.deleted; ++i, ++at)
                line("-", first_.lines[at], red);
            for (std::uint32_t i = 0; i < change.inserted; ++i)
                line("+", second_.lines[change.second + i], green);
        }
        for (; at < part.first_end; ++at) line(same, first_.lines[at]);
    }
    void context_half(std::span<const Change> changes, bool old, std::uint32_t from,
                      std::uint32_t end) {
        const auto& text = old ? first_ : second_;
        colour(cyan);
        out_.write(old ? "*** " : "--- ");
        range(from, end - from);
        out_.write(old ? " ****" : " ----");
        colour(plain);
        out_.put('\n');
        const auto size = [old](const Change& c) { return old ? c.deleted : c.inserted; };
        if (std::ranges::none_of(changes, [&](const Change& c) { return size(c) > 0; })) return;
        const auto tab = style_.initial_tab;
        for (const auto& change : changes) {
            for (; from < (old ? change.first : change.second); ++from)
                line(tab ? " " : "  ", text.lines[from]);
            const bool both = change.deleted > 0 && change.inserted > 0;
            const std::string_view mark = both ? "! " : old ? "- " : "+ ";
            for (std::uint32_t i = 0; i < size(change); ++i, ++from)
                line(mark.substr(0, tab ? 1 : 2), text.lines[from], old ? red : green);
        }
        for (; from < end; ++from) line(tab ? " " : "  ", text.lines[from]);
    }
    void context_hunk(std::span<const Change> changes) {
        const auto part = extent(changes);
        out_.write("***************");
        function(part.first);
        out_.put('\n');
        context_half(changes, true, part.first, part.first_end);
        context_half(changes, false, part.second, part.second_end);
    }

    Invocation& call_;
    Output& out_;
    const Style& style_;
    const Text &first_, &second_;
    const std::vector<Change>& script_;
    std::uint32_t function_seen_ = 0;
    std::string_view function_;
};

}  // namespace

bool counts(const Style& style, const Text& first, const Text& second, const Change& change) {
    if (!style.ignore_blank_lines) return true;
    const auto is_blank = [&](std::string_view line) { return blank(style, line); };
    const auto old = std::span(first.lines).subspan(change.first, change.deleted);
    const auto made = std::span(second.lines).subspan(change.second, change.inserted);
    return !std::ranges::all_of(old, is_blank) || !std::ranges::all_of(made, is_blank);
}

void print(Invocation& call, const Style& style, const Text& first, const Text& second,
           const std::vector<Change>& script) {
    Printer(call, style, first, second, script).run();
}

}  // namespace limpet::commands::diff
