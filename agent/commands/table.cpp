// commands/table.cpp - aligned columns, or JSON lines.
#include "commands/table.h"

#include "commands/json.h"
#include "commands/spoken.h"
#include "commands/utf8.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

namespace limpet::commands {
namespace {

constexpr std::size_t rows_kept = 100'000;

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string shown_cell(const Cell& cell) {
    return std::visit(Overloaded{
                          [](std::monostate) { return std::string("-"); },
                          [](std::int64_t value) { return std::to_string(value); },
                          [](std::uint64_t value) { return std::to_string(value); },
                          [](double value) {
                              char text[32];
                              std::snprintf(text, sizeof text, "%.1f", value);
                              return std::string(text);
                          },
                          [](bool value) { return std::string(value ? "yes" : "no"); },
                          [](const std::string& value) { return visible(value); },
                          [](const std::vector<std::string>& values) {
                              std::string text;
                              for (const auto& value : values) {
                                  if (!text.empty()) text += ' ';
                                  text += visible(value);
                              }
                              return text;
                          },
                      },
                      cell);
}

void add(JsonObject& object, std::string_view field, const Cell& cell) {
    std::visit(Overloaded{
                   [&](std::monostate) { object.null(field); },
                   [&](std::int64_t value) { object.number(field, value); },
                   [&](std::uint64_t value) { object.number(field, value); },
                   [&](double value) { object.real(field, value); },
                   [&](bool value) { object.boolean(field, value); },
                   [&](const std::string& value) { object.text(field, value); },
                   [&](const std::vector<std::string>& values) { object.texts(field, values); },
               },
               cell);
}

// What fits into that many terminal columns.
std::string_view front_columns(std::string_view line, std::size_t width) {
    std::size_t used = 0;
    std::size_t at = 0;
    while (at < line.size()) {
        const auto length = std::max<std::size_t>(utf8_length(line.substr(at)), 1);
        used += text_width(line.substr(at, length));
        if (used > width) break;
        at += length;
    }
    return line.substr(0, at);
}

}  // namespace

std::string visible(std::string_view text) {
    // Most texts are all plain, and there may be 10^6 of them.
    std::string line(text.substr(0, plain_length(text)));
    text.remove_prefix(line.size());
    char escape[8];
    while (!text.empty()) {
        auto length = utf8_length(text);
        const auto point = length ? utf8_decode(text.substr(0, length)) : 0;
        if (length == 0 || point < 0x20 || (point >= 0x7F && point < 0xA0) || reorders(point)) {
            if (length == 0) length = 1;
            for (const char byte : text.substr(0, length)) {
                if (byte == '\n') {
                    line += "\\n";
                    continue;
                }
                std::snprintf(escape, sizeof escape, "\\x%02x", static_cast<unsigned char>(byte));
                line += escape;
            }
        } else {
            line += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return line;
}

std::string human_size(std::uint64_t bytes, std::uint64_t base) {
    if (bytes < base) return std::to_string(bytes);
    // Whole units and tenths of one, exact up to the largest number.
    auto value = bytes;
    bool more = false;  // what division left behind
    const char* unit = base == 1000 ? "BkMGTPE" : "BKMGTPE";
    while (value >= base * base) {
        more |= value % base != 0;
        value /= base;
        ++unit;
    }
    ++unit;
    const auto exact = value * 10;
    auto tenths = exact / base + (exact % base != 0 || more ? 1 : 0);
    const auto whole = value / base + (value % base != 0 || more ? 1 : 0);
    char text[32];
    if (tenths >= 100 && whole >= base && unit[1] != '\0') {
        tenths = 10;
        ++unit;
    }
    if (tenths < 100) {
        std::snprintf(text, sizeof text, "%llu.%llu%c",
                      static_cast<unsigned long long>(tenths / 10),
                      static_cast<unsigned long long>(tenths % 10), *unit);
    } else {
        std::snprintf(text, sizeof text, "%llu%c", static_cast<unsigned long long>(whole), *unit);
    }
    return text;
}

Cells& Cells::number(std::int64_t value) {
    list_.emplace_back(value);
    return *this;
}

Cells& Cells::count(std::uint64_t value) {
    list_.emplace_back(value);
    return *this;
}

Cells& Cells::count(const std::optional<std::uint64_t>& value) {
    return value ? count(*value) : nothing();
}

Cells& Cells::text(std::string_view value) {
    list_.emplace_back(std::string(value));
    return *this;
}

Cells& Cells::texts(std::vector<std::string> values) {
    list_.emplace_back(std::move(values));
    return *this;
}

Cells& Cells::real(double value) {
    list_.emplace_back(value);
    return *this;
}

Cells& Cells::boolean(bool value) {
    list_.emplace_back(value);
    return *this;
}

Cells& Cells::nothing() {
    list_.emplace_back();
    return *this;
}

Table::Table(Invocation& call, std::vector<Column> columns, bool heading)
    : call_(call), columns_(std::move(columns)), heading_(heading), json_(call.json()) {
    widths_.resize(columns_.size());
    if (!heading_ || json_) return;
    for (const auto& column : columns_) {
        const auto from = line_.size();
        line_ += column.heading.empty() ? column.field : column.heading;
        if (column.heading.empty()) {
            for (auto at = from; at < line_.size(); ++at) {
                line_[at] = static_cast<char>(std::toupper(static_cast<unsigned char>(line_[at])));
            }
        }
        line_ += '\0';
    }
    shown(std::exchange(line_, {}));
}

void Table::row(std::vector<Cell> cells, char colour) {
    if (json_) {
        JsonObject object;
        for (std::size_t i = 0; i < columns_.size() && i < cells.size(); ++i) {
            add(object, columns_[i].field, cells[i]);
        }
        object.line(call_.out);
        return;
    }
    line_.clear();
    // No cell begins with a control character.
    if (colour != 0 && call_.colour()) line_ += colour;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        if (i < cells.size()) line_ += shown_cell(cells[i]);
        line_ += '\0';
    }
    shown(line_);
}

void Table::shown(std::string_view cells) {
    if (started_) return print(cells);
    const bool coloured = !cells.empty() && cells[0] > 0 && cells[0] < 8;
    for (auto [rest, i] = std::pair(cells.substr(coloured ? 1 : 0), std::size_t{0});
         i < columns_.size(); ++i) {
        const auto length = std::min(rest.find('\0'), rest.size());
        widths_[i] = std::max(widths_[i], text_width(rest.substr(0, length)));
        rest.remove_prefix(std::min(length + 1, rest.size()));
    }
    kept_ += cells;
    if (++rows_ > rows_kept) finish();
}

void Table::print(std::string_view cells) {
    std::string line;
    char colour = 0;
    if (!cells.empty() && cells[0] > 0 && cells[0] < 8) {
        colour = cells[0];
        cells.remove_prefix(1);
    }
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        const auto length = std::min(cells.find('\0'), cells.size());
        const auto cell = cells.substr(0, length);
        cells.remove_prefix(std::min(length + 1, cells.size()));
        const auto width = text_width(cell);
        const auto padding = widths_[i] > width ? widths_[i] - width : 0;
        if (i > 0) line += "  ";
        const bool right = columns_[i].align == Align::right;
        if (right) line.append(padding, ' ');
        line += cell;
        if (!right && i + 1 < columns_.size()) line.append(padding, ' ');
    }
    if (colour != 0) call_.out.print("\x1b[3%dm", colour);
    call_.out.write(cut_ == 0 ? std::string_view(line) : front_columns(line, cut_));
    if (colour != 0) call_.out.write("\x1b[m");
    call_.out.put('\n');
}

void Table::finish() {
    if (started_ || json_) return;
    started_ = true;
    for (std::string_view rest = kept_; !rest.empty();) {
        std::size_t end = 0;
        for (std::size_t i = 0; i < columns_.size(); ++i) end = rest.find('\0', end) + 1;
        print(rest.substr(0, end));
        rest.remove_prefix(end);
    }
    kept_ = {};
}

}  // namespace limpet::commands
