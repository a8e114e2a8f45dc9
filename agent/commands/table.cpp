// commands/table.cpp - aligned columns, or JSON lines.
#include "commands/table.h"

#include "commands/json.h"
#include "commands/utf8.h"

#include <algorithm>
#include <cctype>
#include <cstdio>

namespace limpet::commands {
namespace {

constexpr std::size_t rows_kept = 100'000;

template <typename... Cases>
struct Overloaded : Cases... {
    using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

std::string shown(const Cell& cell) {
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
    std::string line;
    char escape[8];
    while (!text.empty()) {
        auto length = utf8_length(text);
        const auto point = length ? utf8_decode(text.substr(0, length)) : 0;
        if (length == 0 || point < 0x20 || (point >= 0x7F && point < 0xA0)) {
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

Table::Table(Invocation& call, std::vector<Column> columns, bool heading)
    : call_(call), columns_(std::move(columns)), heading_(heading), json_(call.json()) {
    widths_.resize(columns_.size());
    if (!heading_ || json_) return;
    std::vector<std::string> names;
    for (const auto& column : columns_) {
        std::string name(column.heading.empty() ? column.field : column.heading);
        if (column.heading.empty()) {
            for (char& letter : name) {
                letter = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
            }
        }
        names.push_back(std::move(name));
    }
    for (std::size_t i = 0; i < names.size(); ++i) widths_[i] = text_width(names[i]);
    rows_.push_back(std::move(names));
}

void Table::row(std::vector<Cell> cells) {
    if (json_) {
        JsonObject object;
        for (std::size_t i = 0; i < columns_.size() && i < cells.size(); ++i) {
            add(object, columns_[i].field, cells[i]);
        }
        call_.out.write(object.take());
        call_.out.put('\n');
        return;
    }
    std::vector<std::string> line;
    line.reserve(cells.size());
    for (std::size_t i = 0; i < cells.size(); ++i) {
        line.push_back(shown(cells[i]));
        widths_[i] = std::max(widths_[i], text_width(line.back()));
    }
    if (started_) {
        print(line);
        return;
    }
    rows_.push_back(std::move(line));
    if (rows_.size() > rows_kept) finish();
}

void Table::print(const std::vector<std::string>& cells) {
    std::string line;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto width = text_width(cells[i]);
        const std::string padding(widths_[i] > width ? widths_[i] - width : 0, ' ');
        if (i > 0) line += "  ";
        const bool last = i + 1 == cells.size();
        line += columns_[i].align == Align::right ? padding + cells[i]
                : last                            ? cells[i]
                                                  : cells[i] + padding;
    }
    call_.out.write(cut_ == 0 ? std::string_view(line) : front_columns(line, cut_));
    call_.out.put('\n');
}

void Table::finish() {
    if (started_ || json_) return;
    started_ = true;
    for (const auto& line : rows_) print(line);
    rows_.clear();
}

}  // namespace limpet::commands
