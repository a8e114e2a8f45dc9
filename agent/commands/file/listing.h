// listing.h - what ls knows about one name, and how it prints many.
#pragma once

#include "commands/block_size.h"
#include "commands/command.h"
#include "commands/file/shown.h"
#include "commands/local_time.h"
#include "commands/names.h"
#include "target/directory.h"

#include <dirent.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace limpet::commands::listing {

enum class Order { name, time, size, extension, version, width, none };
enum class Layout { lines, columns, rows, commas };
enum class Time { modified, changed, accessed, born };
enum class Quoting { literal, shell, shell_always, c, escape };
enum class Marks { none, slash, types, classify };

struct Style {
    bool all = false, almost_all = false, recursive = false, directory = false;
    bool long_format = false, numeric = false, inode = false, blocks = false;
    bool user = true, group = true;
    bool colour = false, reverse = false;
    bool dereference = false, dereference_operands = false;
    bool question_marks = false, directories_first = false;
    Order order = Order::name;
    Layout layout = Layout::lines;
    Time time = Time::modified;
    Marks marks = Marks::none;
    Quoting quoting = Quoting::literal;
    BlockSize space = {};                                // of blocks
    BlockSize size = {.unit = 1};                        // of files
    std::string time_format = {};                        // for all times
    std::string recent = "%b %e %H:%M";                  // or for those of the last half year
    std::string old = "%b %e  %Y";                       // and for all others
    std::vector<std::string> ignored = {}, hidden = {};  // patterns; the latter not with -a or -A
    char end = '\n';
    std::size_t width = 80;
    // Anything that the directory's own entries do not tell?
    [[nodiscard]] bool needs_status() const {
        return long_format || blocks || order == Order::time || order == Order::size ||
               marks == Marks::classify || colour || dereference;
    }
};

// Misuse as an error.
Result<Style> style_of(const Invocation& call);
Result<Order> order(std::string_view word);

struct Item {
    std::string name;
    unsigned char type = DT_UNKNOWN;
    std::uint64_t inode = 0;
    std::optional<struct statx> status = {};
    std::string link = {};     // what a symbolic link says
    bool broken = false;       // a link that leads nowhere
    std::uint32_t behind = 0;  // the mode of what a link leads to, when it was asked for
    void set(const struct statx& known);
};

class Printer {
public:
    Printer(Invocation& call, const Style& style)
        : call_(call), style_(style), names_(call.target), local_(local_zone(call)) {}
    // Asks the directory for what the style needs of its entries; one that vanished meanwhile is
    // complained about and goes.
    void complete(std::vector<Item>& items, const target::Directory& directory,
                  const std::string& path);
    void sort(std::vector<Item>& items) const;
    // As the style quotes it; `mark` is what -b escapes, too.
    [[nodiscard]] std::string name(std::string_view text, char mark = ' ') const;
    // As in the long format: marked, coloured, and with where a link leads.
    [[nodiscard]] std::string line(const Item& item) const;
    [[nodiscard]] std::string when(const struct statx& status);
    // `path`: of the directory, for JSON. `streaming`: one part of many, so without a total.
    void print(const std::vector<Item>& items, const std::string& path, bool streaming);

private:
    [[nodiscard]] std::string mark(std::uint32_t mode, unsigned char type) const;
    [[nodiscard]] bool is_directory(const Item& item) const {
        return item.type == DT_DIR || (item.type == DT_LNK && S_ISDIR(item.behind));
    }
    [[nodiscard]] std::string decorated(const Item& item) const;
    [[nodiscard]] const statx_timestamp& time(const struct statx& status) const;
    [[nodiscard]] std::string size(const struct statx& status) const;
    void print_long(const std::vector<Item>& items);
    void print_columns(const std::vector<Item>& items);
    void print_json(const Item& item, const std::string& path);
    Invocation& call_;
    const Style& style_;
    Names names_;
    parse::Zone local_;
    std::int64_t now_ = 0;
};

}  // namespace limpet::commands::listing
