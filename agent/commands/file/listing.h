// listing.h - what ls knows about one name, and how it prints many.
#pragma once

#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/names.h"
#include "target/directory.h"

#include <dirent.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands::listing {

enum class Order { name, time, size, extension, version, none };
enum class Layout { lines, columns, rows, commas };
enum class Time { modified, changed, accessed };

struct Style {
    bool all = false, almost_all = false, recursive = false, directory = false;
    bool long_format = false, human = false, numeric = false, inode = false, blocks = false;
    bool user = true, group = true, full_time = false;
    bool classify = false, slash = false, colour = false, reverse = false;
    bool dereference = false, dereference_operands = false;
    bool question_marks = false, double_quotes = false, quote = false, directories_first = false;
    Order order = Order::name;
    Layout layout = Layout::lines;
    Time time = Time::modified;
    std::size_t width = 80;
    // Anything that the directory's own entries do not tell?
    [[nodiscard]] bool needs_status() const {
        return long_format || blocks || order == Order::time || order == Order::size || classify ||
               colour || dereference;
    }
};

Style style_of(const Invocation& call);

struct Item {
    std::string name;
    unsigned char type = DT_UNKNOWN;
    std::uint64_t inode = 0;
    std::optional<struct statx> status = {};
    std::string link = {};  // what a symbolic link says
    bool broken = false;    // a link that leads nowhere
    void set(const struct statx& known);
};

class Printer {
public:
    Printer(Invocation& call, const Style& style)
        : call_(call), style_(style), names_(call.target) {}
    // Asks the directory for what the style needs of its entries; one that vanished meanwhile is
    // complained about and goes.
    void complete(std::vector<Item>& items, const target::Directory& directory,
                  const std::string& path);
    void sort(std::vector<Item>& items) const;
    // `path`: of the directory, for JSON. `streaming`: one part of many, so without a total.
    void print(const std::vector<Item>& items, const std::string& path, bool streaming);

private:
    [[nodiscard]] std::string name(const Item& item) const;
    [[nodiscard]] std::string decorated(const Item& item) const;
    [[nodiscard]] const statx_timestamp& time(const struct statx& status) const;
    [[nodiscard]] std::string size(const struct statx& status) const;
    void print_long(const std::vector<Item>& items);
    void print_columns(const std::vector<Item>& items);
    void print_json(const Item& item, const std::string& path);
    Invocation& call_;
    const Style& style_;
    Names names_;
    std::int64_t now_ = 0;
};

}  // namespace limpet::commands::listing
