// listing.cpp - sorting and printing what ls found.
#include "commands/file/listing.h"

#include "commands/table.h"
#include "commands/utf8.h"
#include "commands/version.h"
#include "parse/calendar.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

namespace limpet::commands::listing {
namespace {

std::string_view extension(std::string_view name) {
    const auto dot = name.rfind('.');
    return dot == name.npos ? std::string_view{} : name.substr(dot);
}

std::string_view colour_of(const Item& item) {
    const auto mode = item.status ? item.status->stx_mode : 0u;
    switch (item.type) {
        case DT_DIR: return (mode & S_ISVTX) && (mode & S_IWOTH) ? "30;42" : "01;34";
        case DT_LNK: return item.broken ? "40;31;01" : "01;36";
        case DT_FIFO: return "40;33";
        case DT_SOCK: return "01;35";
        case DT_CHR:
        case DT_BLK: return "40;33;01";
        case DT_REG: break;
        default: return {};
    }
    if (mode & S_ISUID) return "37;41";
    if (mode & S_ISGID) return "30;43";
    if (mode & 0111u) return "01;32";
    return {};
}

// As many columns as fit, each as wide as its widest cell and two spaces.
std::vector<std::size_t> column_widths(const std::vector<std::size_t>& cells, std::size_t width,
                                       bool down) {
    const auto most = std::min(cells.size(), width / 3 + 1);
    for (std::size_t columns = most; columns > 1; --columns) {
        const auto rows = (cells.size() + columns - 1) / columns;
        // Fewer columns give as many rows: the last ones would be empty.
        if (down && (cells.size() + rows - 1) / rows < columns) continue;
        std::vector<std::size_t> widths(columns, 0);
        std::size_t total = 0;
        for (std::size_t i = 0; i < cells.size() && total < width + 2; ++i) {
            auto& own = widths[down ? i / rows : i % columns];
            const auto needed = std::max(own, cells[i] + 2);
            total += needed - own;
            own = needed;
        }
        if (total < width + 2) return widths;
    }
    return {};
}

// As C writes strings; `mark` gets a backslash, too: the quote that encloses it, or a space.
std::string c_escaped(std::string_view text, char mark) {
    std::string shown;
    constexpr std::string_view bytes = "\a\b\f\n\r\t\v\\", letters = "abfnrtv\\";
    while (!text.empty()) {
        const char byte = text[0];
        const auto length = std::max<std::size_t>(utf8_length(text), 1);
        const bool control = static_cast<unsigned char>(byte) < 0x20 || byte == 0x7F ||
                             (length == 1 && static_cast<unsigned char>(byte) >= 0x80);
        if (const auto at = bytes.find(byte); at != bytes.npos) {
            shown += {'\\', letters[at]};
        } else if (control) {
            char octal[8];
            std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned char>(byte));
            shown += octal;
        } else {
            if (byte == mark) shown += '\\';
            shown += text.substr(0, length);
        }
        text.remove_prefix(length);
    }
    return shown;
}

std::string padded(const std::string& text, std::size_t width, bool right) {
    const auto have = text_width(text);
    const std::string padding(width > have ? width - have : 0, ' ');
    return right ? padding + text : text + padding;
}

}  // namespace

void Item::set(const struct statx& known) {
    status = known;
    type = entry_type(known.stx_mode);
    inode = known.stx_ino;
}

const statx_timestamp& Printer::time(const struct statx& status) const {
    return style_.time == Time::modified  ? status.stx_mtime
           : style_.time == Time::changed ? status.stx_ctime
           : style_.time == Time::born    ? status.stx_btime
                                          : status.stx_atime;
}

void Printer::complete(std::vector<Item>& items, const target::Directory& directory,
                       const std::string& path) {
    const bool all = style_.needs_status() || call_.json();
    const bool marked = style_.marks != Marks::none && style_.long_format;
    for (auto& item : items) {
        const bool dots = item.name == "." || item.name == "..";
        const bool link = item.type == DT_LNK;
        if (!all && !(link && style_.directories_first) && item.type != DT_UNKNOWN &&
            !(dots && style_.inode))
            continue;
        auto status = dots ? target::stat(call_.target, call_.path(path + "/" + item.name),
                                          target::Follow::yes)
                           : directory.stat(item.name, target::Follow::no);
        if (!status) {
            call_.complain(status.error());
            // A mount that does not answer stats is still a name; one that vanished is none.
            if (status.error().code == ENOENT) item.name.clear();
            continue;
        }
        item.set(*status);
        if (!link && item.type != DT_LNK) continue;
        auto text = directory.readlink(item.name);
        if (!text && text.error().code != ENOENT) call_.complain(text.error());
        item.link = std::move(text).value_or(std::string());
        if (!style_.colour && !style_.dereference && !style_.directories_first && !marked) continue;
        const auto behind =
            target::stat(call_.target, call_.path(path + "/" + item.name), target::Follow::yes);
        item.broken = !behind;
        if (behind) item.behind = behind->stx_mode;
        if (behind && style_.dereference) item.set(*behind);
    }
    std::erase_if(items, [](const Item& item) { return item.name.empty(); });
}

void Printer::sort(std::vector<Item>& items) const {
    if (style_.order == Order::none) return;
    const auto before = [&](const Item& a, const Item& b) {
        if (style_.directories_first && is_directory(a) != is_directory(b)) {
            return is_directory(a) != style_.reverse;
        }
        if (a.status && b.status) {
            if (style_.order == Order::time) {
                const auto &x = time(*a.status), &y = time(*b.status);
                if (x.tv_sec != y.tv_sec) return x.tv_sec > y.tv_sec;
                if (x.tv_nsec != y.tv_nsec) return x.tv_nsec > y.tv_nsec;
            } else if (style_.order == Order::size && a.status->stx_size != b.status->stx_size) {
                return a.status->stx_size > b.status->stx_size;
            }
        }
        if (style_.order == Order::extension && extension(a.name) != extension(b.name)) {
            return extension(a.name) < extension(b.name);
        }
        if (style_.order == Order::width && text_width(a.name) != text_width(b.name)) {
            return text_width(a.name) < text_width(b.name);
        }
        if (style_.order == Order::version) {
            const int order = compare_versions(a.name, b.name);
            if (order != 0) return order < 0;
        }
        return a.name < b.name;
    };
    std::ranges::stable_sort(items, before);
    if (style_.reverse) std::ranges::reverse(items);
}

std::string Printer::name(std::string_view text, char mark) const {
    switch (style_.quoting) {
        case Quoting::shell: return quoted(text);
        case Quoting::shell_always: {
            auto shown = quoted(text);
            return shown == text ? "'" + shown + "'" : shown;
        }
        case Quoting::c: return '"' + c_escaped(text, '"') + '"';
        case Quoting::escape: return c_escaped(text, mark);
        case Quoting::literal: break;
    }
    if (!style_.question_marks) return std::string(text);
    std::string shown;
    while (!text.empty()) {
        const auto length = utf8_length(text);
        const bool control = static_cast<unsigned char>(text[0]) < 0x20 || text[0] == 0x7F;
        shown += length == 0 || control ? std::string_view("?") : text.substr(0, length);
        text.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return shown;
}

// What -F, -p and --file-type append.
std::string Printer::mark(std::uint32_t mode, unsigned char type) const {
    if (type == DT_DIR && style_.marks != Marks::none) return "/";
    if (style_.marks == Marks::none || style_.marks == Marks::slash) return {};
    switch (type) {
        case DT_LNK: return "@";
        case DT_FIFO: return "|";
        case DT_SOCK: return "=";
        case DT_REG: return style_.marks == Marks::classify && (mode & 0111u) ? "*" : "";
    }
    return {};
}

std::string Printer::decorated(const Item& item) const {
    std::string text = name(item.name);
    if (style_.colour) {
        if (const auto colour = colour_of(item); !colour.empty()) {
            text = "\033[" + std::string(colour) + "m" + text + "\033[0m";
        }
    }
    // The long format shows where a link leads, and marks that.
    if (item.type == DT_LNK && style_.long_format) return text;
    return text + mark(item.status ? item.status->stx_mode : 0u, item.type);
}

std::string Printer::size(const struct statx& status) const {
    if (S_ISCHR(status.stx_mode) || S_ISBLK(status.stx_mode)) {
        return std::to_string(status.stx_rdev_major) + ", " + std::to_string(status.stx_rdev_minor);
    }
    return style_.size.show(status.stx_size);
}

std::string Printer::line(const Item& item) const {
    auto text = decorated(item);
    if (item.type != DT_LNK) return text;
    text += " -> " + name(item.link);
    if (style_.marks != Marks::slash) text += mark(item.behind, IFTODT(item.behind));
    return text;
}

std::string Printer::when(const struct statx& status) {
    if (now_ == 0) now_ = std::time(nullptr);
    const auto& stamp = time(status);
    const auto at = local_.at(stamp.tv_sec, stamp.tv_nsec);
    if (!style_.time_format.empty()) return parse::format_time(style_.time_format, at);
    // Half a year: what is older or from the future shows its year (POSIX).
    const auto age = now_ - stamp.tv_sec;
    const bool recent = age >= 0 && age < 15'778'476;
    return parse::format_time(recent ? style_.recent : style_.old, at);
}

void Printer::print_json(const Item& item, const std::string& path) {
    if (!item.status) return;
    const auto& status = *item.status;
    const std::string full =
        path.empty() ? item.name : path + (path.ends_with('/') ? "" : "/") + item.name;
    call_.out.write(file_json(full, status, names_.user(status.stx_uid),
                              names_.group(status.stx_gid),
                              S_ISLNK(status.stx_mode) ? &item.link : nullptr));
    call_.out.put('\n');
}

void Printer::print_long(const std::vector<Item>& items) {
    struct Line {
        std::string inode, blocks, links, user, group, size;
    };
    std::vector<Line> lines;
    Line widest;
    const auto wider = [](std::string& width, const std::string& text) {
        if (text_width(text) > width.size()) width.assign(text_width(text), ' ');
    };
    for (const auto& item : items) {
        Line line;
        if (item.status) {
            const auto& status = *item.status;
            line.inode = std::to_string(status.stx_ino);
            line.blocks = style_.space.show(status.stx_blocks * 512);
            line.links = std::to_string(status.stx_nlink);
            line.user = style_.numeric ? std::to_string(status.stx_uid)
                                       : visible(names_.user(status.stx_uid));
            line.group = style_.numeric ? std::to_string(status.stx_gid)
                                        : visible(names_.group(status.stx_gid));
            line.size = size(status);
        } else {
            line = {"?", "?", "?", "?", "?", "?"};
        }
        wider(widest.inode, line.inode);
        wider(widest.blocks, line.blocks);
        wider(widest.links, line.links);
        wider(widest.user, line.user);
        wider(widest.group, line.group);
        wider(widest.size, line.size);
        lines.push_back(std::move(line));
    }
    for (std::size_t i = 0; i < items.size(); ++i) {
        const auto& item = items[i];
        const auto& row = lines[i];
        std::string text;
        if (style_.inode) text += padded(row.inode, widest.inode.size(), true) + ' ';
        if (style_.blocks) text += padded(row.blocks, widest.blocks.size(), true) + ' ';
        text += item.status ? mode_text(item.status->stx_mode) : std::string("??????????");
        text += ' ' + padded(row.links, widest.links.size(), true) + ' ';
        if (style_.user) text += padded(row.user, widest.user.size(), style_.numeric) + ' ';
        if (style_.group) text += padded(row.group, widest.group.size(), style_.numeric) + ' ';
        text += padded(row.size, widest.size.size(), true) + ' ';
        if (item.status) {
            text += when(*item.status);
        } else {
            text += "           ?";
        }
        text += ' ' + line(item);
        call_.out.write(text);
        call_.out.put(style_.end);
    }
}

void Printer::print_columns(const std::vector<Item>& items) {
    std::vector<std::string> cells;
    std::vector<std::size_t> widths;
    std::size_t inode_width = 0, block_width = 0;
    for (const auto& item : items) {
        inode_width = std::max(inode_width, std::to_string(item.inode).size());
        const auto blocks = item.status ? item.status->stx_blocks : 0;
        block_width = std::max(block_width, style_.space.show(blocks * 512).size());
    }
    if (style_.layout == Layout::commas) inode_width = block_width = 0;
    for (const auto& item : items) {
        std::string before;
        if (style_.inode) before += padded(std::to_string(item.inode), inode_width, true) + ' ';
        if (style_.blocks) {
            const auto blocks = item.status ? item.status->stx_blocks : 0;
            before += padded(style_.space.show(blocks * 512), block_width, true) + ' ';
        }
        const auto mode = item.status ? item.status->stx_mode : 0u;
        widths.push_back(before.size() + text_width(name(item.name)) +
                         mark(mode, item.type).size());
        cells.push_back(before + decorated(item));
    }
    auto& out = call_.out;
    if (style_.layout == Layout::lines) {
        for (const auto& cell : cells) {
            out.write(cell);
            out.put(style_.end);
        }
        return;
    }
    if (style_.layout == Layout::commas) {
        std::size_t column = 0;
        for (std::size_t i = 0; i < cells.size(); ++i) {
            if (i > 0) {
                const bool fits = column + 2 + widths[i] <= style_.width;
                out.write(fits ? ", " : ",\n");
                column = fits ? column + 2 : 0;
            }
            out.write(cells[i]);
            column += widths[i];
        }
        if (!cells.empty()) out.put('\n');
        return;
    }
    const bool down = style_.layout == Layout::columns;
    const auto fit = column_widths(widths, style_.width, down);
    const auto columns = std::max<std::size_t>(fit.size(), 1);
    const auto rows = (cells.size() + columns - 1) / columns;
    for (std::size_t row = 0; row < rows; ++row) {
        for (std::size_t column = 0; column < columns; ++column) {
            const auto i = down ? column * rows + row : row * columns + column;
            if (i >= cells.size()) break;
            const auto next = down ? i + rows : i + 1;
            const bool last = column + 1 == columns || next >= cells.size();
            out.write(cells[i]);
            if (!last) out.write(std::string(fit[column] - widths[i], ' '));
        }
        out.put('\n');
    }
}

void Printer::print(const std::vector<Item>& items, const std::string& path, bool streaming) {
    if (call_.json()) {
        for (const auto& item : items) print_json(item, path);
        return;
    }
    // Of a directory, not of operands; POSIX wants it before the files.
    if ((style_.long_format || style_.blocks) && !path.empty() && !streaming) {
        std::uint64_t blocks = 0;
        for (const auto& item : items) blocks += item.status ? item.status->stx_blocks : 0;
        call_.out.write("total " + style_.space.show(blocks * 512) + style_.end);
    }
    if (style_.long_format) {
        print_long(items);
    } else {
        print_columns(items);
    }
}

}  // namespace limpet::commands::listing
