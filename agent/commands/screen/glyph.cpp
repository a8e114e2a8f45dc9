// screen/glyph.cpp - characters of files as a terminal may have them.
#include "commands/screen/glyph.h"

#include "commands/utf8.h"

#include <algorithm>
#include <cstdio>

namespace limpet::commands {
namespace {

// What turns the direction of the text around it: a line that reads as another.
bool turns_around(char32_t point) {
    return point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069);
}

Glyph marked(std::size_t bytes, std::string shown) {
    const auto columns = shown.size();
    return {bytes, columns, std::move(shown), true};
}

// Builds the rows: keeps the colour that the text has set across their ends.
class Builder {
public:
    Builder(const Style& style, const std::vector<Mark>& marks) : style_(style), marks_(marks) {}

    void add(const Glyph& glyph, std::size_t at);
    void colour(std::string_view sequence) {
        const bool resets = sequence == "\033[m" || sequence == "\033[0m";
        if (resets || colour_.size() > 256) colour_.clear();
        if (!resets) colour_ += sequence;
        painted_ = false;
    }
    // Behind the last column: what stands there begins another row.
    [[nodiscard]] bool full(std::size_t columns) const {
        return column_ + columns > style_.skip + style_.width;
    }
    void next_row(std::size_t at) {
        finish();
        rows_.push_back({.shown = {}, .begin = at, .columns = 0});
        column_ = 0;
    }
    void finish() {
        if (dirty_) rows_.back().shown += "\033[m";
        rows_.back().columns = column_ > style_.skip ? column_ - style_.skip : 0;
        dirty_ = painted_ = reverse_ = false;
    }
    [[nodiscard]] std::size_t column() const { return column_; }
    std::vector<Row>& rows() { return rows_; }

private:
    void paint(bool reverse) {
        if (painted_ && reverse == reverse_) return;
        auto& shown = rows_.back().shown;
        if (dirty_) shown += "\033[m";
        shown += colour_;
        if (reverse) shown += "\033[7m";
        dirty_ = reverse || !colour_.empty();
        reverse_ = reverse;
        painted_ = true;
    }

    const Style& style_;
    const std::vector<Mark>& marks_;
    std::size_t mark_ = 0;
    std::vector<Row> rows_{1};
    std::size_t column_ = 0;
    std::string colour_;
    bool painted_ = false, reverse_ = false, dirty_ = false;
};

void Builder::add(const Glyph& glyph, std::size_t at) {
    while (mark_ < marks_.size() && marks_[mark_].end <= at) ++mark_;
    const bool found = mark_ < marks_.size() && marks_[mark_].begin <= at;
    const auto begin = column_;
    column_ += glyph.columns;
    // Not one of which half is to the left of the screen.
    if (begin < style_.skip || (glyph.columns == 0 && begin == style_.skip && begin > 0)) {
        if (column_ > style_.skip) rows_.back().shown.append(column_ - style_.skip, ' ');
        return;
    }
    paint(found != glyph.marked);
    rows_.back().shown += glyph.shown;
}

}  // namespace

Glyph glyph(std::string_view text, std::size_t column, std::size_t tab) {
    const auto byte = static_cast<unsigned char>(text[0]);
    if (byte == '\t' && tab > 0) {
        const auto columns = tab - column % tab;
        return {1, columns, std::string(columns, ' '), false};
    }
    if (byte < 32 || byte == 127) return marked(1, {'^', static_cast<char>(byte ^ 64)});
    if (byte < 127) return {1, 1, std::string(1, text[0]), false};
    const auto length = utf8_length(text);
    char name[16];
    if (length == 0) {
        std::snprintf(name, sizeof name, "<%02X>", byte);
        return marked(1, name);
    }
    const auto point = utf8_decode(text.substr(0, length));
    if (point < 0xA0 || turns_around(point)) {
        std::snprintf(name, sizeof name, point < 0xA0 ? "<%02X>" : "<U+%04X>",
                      static_cast<unsigned>(point));
        return marked(length, name);
    }
    const auto columns = static_cast<std::size_t>(column_width(point));
    // An accent with nothing to stand on.
    if (columns == 0 && column == 0) return {length, 1, " " + std::string(text.substr(0, length))};
    return {length, columns, std::string(text.substr(0, length)), false};
}

std::size_t colour_length(std::string_view text) {
    constexpr std::size_t most = 64;
    if (!text.starts_with("\033[")) return 0;
    const auto end = text.substr(0, most).find_first_not_of("0123456789;:", 2);
    return end != text.npos && text[end] == 'm' ? end + 1 : 0;
}

std::vector<Row> rows_of(std::string_view line, const Style& style, const std::vector<Mark>& marks,
                         std::size_t most) {
    Builder builder(style, marks);
    const auto tab = style.list ? 0 : style.tab;
    std::size_t at = 0;
    const bool one = style.chop || style.skip > 0;
    while (at < line.size()) {
        const auto rest = line.substr(at);
        if (const auto colour = style.colours ? colour_length(rest) : 0) {
            builder.colour(rest.substr(0, colour));
            at += colour;
            continue;
        }
        auto next = glyph(rest, builder.column(), tab);
        if (!one && rest[0] == '\t' && tab > 0 && !builder.full(1)) {
            // The last tab of a row ends with it.
            while (builder.full(next.columns)) --next.columns;
            next.shown.resize(next.columns);
        }
        if (builder.full(next.columns)) {
            if (one || builder.rows().size() >= most) break;
            builder.next_row(at);
            next = glyph(rest, 0, tab);
            next.columns = std::min(next.columns, style.width);
            if (next.shown.size() > style.width && next.marked) next.shown.resize(style.width);
        }
        builder.add(next, at);
        at += next.bytes;
    }
    if (style.list && at == line.size()) {
        if (builder.full(1) && !one) builder.next_row(at);
        if (!builder.full(1)) builder.add({0, 1, "$", true}, at);
    }
    builder.finish();
    return std::move(builder.rows());
}

std::pair<std::size_t, std::size_t> place_of(std::string_view line, std::size_t byte,
                                             const Style& style) {
    const auto rows = rows_of(line.substr(0, byte), style);
    std::size_t row = rows.size() - 1;
    std::size_t column = rows.back().columns;
    // The character itself may be what does not fit any more.
    if (byte < line.size()) {
        const auto next = glyph(line.substr(byte), column, style.list ? 0 : style.tab);
        const bool tab = line[byte] == '\t' && !style.list;
        if (column + (tab ? 1 : next.columns) > style.width && !style.chop) {
            ++row;
            column = 0;
        }
    } else if (column >= style.width) {
        column = style.width - 1;
    }
    return {row, column};
}

std::string one_row(std::string_view text, std::size_t width) {
    return rows_of(text, {.width = width, .chop = true})[0].shown;
}

}  // namespace limpet::commands
