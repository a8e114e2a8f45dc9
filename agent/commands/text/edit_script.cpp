// edit_script.cpp - the shortest way from one sequence to another: E. W. Myers, "An O(ND)
// Difference Algorithm and Its Variations" (1986), the variation in linear space.
#include "commands/text/edit_script.h"

#include <algorithm>

namespace limpet::commands {
namespace {

using Numbers = std::span<const std::uint32_t>;
using Flags = std::vector<bool>;

struct Box {
    std::int64_t left, right;  // of the first sequence
    std::int64_t top, bottom;  // of the second
};

class Search {
public:
    Search(Numbers first, Numbers second, Flags& deleted, Flags& inserted, bool minimal)
        : first_(first),
          second_(second),
          deleted_(deleted),
          inserted_(inserted),
          origin_(static_cast<std::int64_t>(second.size()) + 1) {
        const auto size = first.size() + second.size() + 3;
        down_.resize(size);
        up_.resize(size);
        // Each round of a search costs as much as rounds came before it, and gets at least as far.
        constexpr std::size_t steps = std::size_t{1} << 32;
        rounds_ =
            minimal ? INT64_MAX
                    : static_cast<std::int64_t>(std::clamp<std::size_t>(steps / size, 128, 16384));
    }

    void solve(Box box) {
        for (;;) {
            while (box.left < box.right && box.top < box.bottom && same(box.left, box.top)) {
                ++box.left;
                ++box.top;
            }
            while (box.left < box.right && box.top < box.bottom &&
                   same(box.right - 1, box.bottom - 1)) {
                --box.right;
                --box.bottom;
            }
            if (box.left == box.right) return mark(inserted_, box.top, box.bottom);
            if (box.top == box.bottom) return mark(deleted_, box.left, box.right);
            const auto [x, y] = middle(box);
            const Box before{box.left, x, box.top, y}, after{x, box.right, y, box.bottom};
            // The smaller half by a call and the larger by going on: the depth is logarithmic.
            const bool small_first = x - box.left + y - box.top < box.right - x + box.bottom - y;
            solve(small_first ? before : after);
            box = small_first ? after : before;
        }
    }

private:
    struct Point {
        std::int64_t x, y;
    };
    [[nodiscard]] bool same(std::int64_t x, std::int64_t y) const {
        return first_[static_cast<std::size_t>(x)] == second_[static_cast<std::size_t>(y)];
    }
    static void mark(Flags& flags, std::int64_t from, std::int64_t to) {
        std::fill(flags.begin() + from, flags.begin() + to, true);
    }
    // Furthest x on each diagonal x - y, from the box's corners towards one another.
    std::int32_t& down(std::int64_t diagonal) {
        return down_[static_cast<std::size_t>(diagonal + origin_)];
    }
    std::int32_t& up(std::int64_t diagonal) {
        return up_[static_cast<std::size_t>(diagonal + origin_)];
    }

    // A point on a shortest way through the box, which begins and ends with a difference.
    Point middle(const Box& box) {
        const auto low = box.left - box.bottom, high = box.right - box.top;
        const auto start = box.left - box.top, end = box.right - box.bottom;
        const bool odd = ((start - end) & 1) != 0;
        auto down_low = start, down_high = start, up_low = end, up_high = end;
        down(start) = static_cast<std::int32_t>(box.left);
        up(end) = static_cast<std::int32_t>(box.right);
        for (std::int64_t round = 1;; ++round) {
            // One difference more; diagonals beside the box hold what no way takes.
            if (down_low > low) {
                down(--down_low - 1) = -1;
            } else {
                ++down_low;
            }
            if (down_high < high) {
                down(++down_high + 1) = -1;
            } else {
                --down_high;
            }
            for (auto at = down_high; at >= down_low; at -= 2) {
                const auto below = down(at - 1), above = down(at + 1);
                std::int64_t x = below < above ? above : below + 1;
                while (x < box.right && x - at < box.bottom && same(x, x - at)) ++x;
                down(at) = static_cast<std::int32_t>(x);
                if (odd && up_low <= at && at <= up_high && up(at) <= x) return {x, x - at};
            }
            if (up_low > low) {
                up(--up_low - 1) = INT32_MAX;
            } else {
                ++up_low;
            }
            if (up_high < high) {
                up(++up_high + 1) = INT32_MAX;
            } else {
                --up_high;
            }
            for (auto at = up_high; at >= up_low; at -= 2) {
                const auto below = up(at - 1), above = up(at + 1);
                std::int64_t x = below < above ? below : above - 1;
                while (x > box.left && x - at > box.top && same(x - 1, x - at - 1)) --x;
                up(at) = static_cast<std::int32_t>(x);
                if (!odd && down_low <= at && at <= down_high && x <= down(at)) return {x, x - at};
            }
            if (round >= rounds_) return furthest(box, down_low, down_high, up_low, up_high);
        }
    }
    // Given up: where one of both searches got furthest.
    Point furthest(const Box& box, std::int64_t down_low, std::int64_t down_high,
                   std::int64_t up_low, std::int64_t up_high) {
        Point from{box.left, box.top}, to{box.right, box.bottom};
        for (auto at = down_low; at <= down_high; at += 2) {
            const auto x = std::min<std::int64_t>(down(at), box.right);
            const auto y = std::min(x - at, box.bottom);
            if (y + at >= box.left && y + at + y > from.x + from.y) from = {y + at, y};
        }
        for (auto at = up_low; at <= up_high; at += 2) {
            const auto x = std::max<std::int64_t>(up(at), box.left);
            const auto y = std::max(x - at, box.top);
            if (y + at <= box.right && y + at + y < to.x + to.y) to = {y + at, y};
        }
        const auto forward = from.x + from.y - box.left - box.top;
        const auto backward = box.right + box.bottom - to.x - to.y;
        return forward >= backward ? from : to;
    }

    Numbers first_, second_;
    Flags &deleted_, &inserted_;
    std::int64_t origin_;
    std::int64_t rounds_;
    std::vector<std::int32_t> down_, up_;
};

// Moves each run of differing lines of one file up and down as far as equal lines let it, so that
// it joins its neighbours; where it can, it stays beside a change of the other file.
class Slide {
public:
    Slide(Numbers lines, Flags& changed, const Flags& other)
        : lines_(lines), changed_(changed), other_(other) {}

    void run() {
        skip_changes();
        for (;;) {
            while (end_ < lines_.size() && !changed_[end_]) {
                ++end_;
                forward();
            }
            if (end_ == lines_.size()) return;
            start_ = end_;
            while (end_ < lines_.size() && changed_[end_]) ++end_;
            slide();
        }
    }

private:
    // other_at_ is where the other file has the unchanged line that is here at end_, behind the
    // run.
    void forward() {
        ++other_at_;
        skip_changes();
    }
    void skip_changes() {
        while (other_at_ < other_.size() && other_[other_at_]) ++other_at_;
    }
    [[nodiscard]] bool beside_change() const { return other_at_ > 0 && other_[other_at_ - 1]; }
    void up() {
        changed_[--start_] = true;
        changed_[--end_] = false;
        while (beside_change()) --other_at_;
        --other_at_;
    }
    void down() {
        changed_[start_++] = false;
        changed_[end_++] = true;
        forward();
    }
    void slide() {
        std::size_t length = 0;
        std::size_t beside = 0;  // where the run ended when it was beside a change
        bool found = false;
        do {
            length = end_ - start_;
            while (start_ > 0 && lines_[start_ - 1] == lines_[end_ - 1]) {
                up();
                while (start_ > 0 && changed_[start_ - 1]) --start_;
            }
            found = beside_change();
            beside = end_;
            while (end_ < lines_.size() && lines_[start_] == lines_[end_]) {
                down();
                while (end_ < lines_.size() && changed_[end_]) ++end_;
                if (beside_change()) {
                    found = true;
                    beside = end_;
                }
            }
        } while (length != end_ - start_);
        while (found && end_ > beside) up();
    }

    Numbers lines_;
    Flags& changed_;
    const Flags& other_;
    std::size_t start_ = 0, end_ = 0, other_at_ = 0;
};

// Lines that the other file does not have are changes whatever the way is: the search goes over
// the others only. `kept` are their places.
std::vector<std::uint32_t> search_part(Numbers lines, Numbers other, Flags& changed,
                                       std::vector<std::uint32_t>& kept) {
    std::uint32_t most = 0;
    for (const auto line : other) most = std::max(most, line);
    std::vector<bool> there(std::size_t{most} + 1);
    for (const auto line : other) there[line] = true;
    std::vector<std::uint32_t> part;
    for (std::size_t i = 0; i < lines.size(); ++i) {
        if (lines[i] <= most && there[lines[i]] && !other.empty()) {
            part.push_back(lines[i]);
            kept.push_back(static_cast<std::uint32_t>(i));
        } else {
            changed[i] = true;
        }
    }
    return part;
}

}  // namespace

std::vector<Change> edit_script(Numbers first, Numbers second, bool minimal) {
    Flags deleted(first.size()), inserted(second.size());
    {
        std::vector<std::uint32_t> first_kept, second_kept;
        const auto one = search_part(first, second, deleted, first_kept);
        const auto other = search_part(second, first, inserted, second_kept);
        Flags one_changed(one.size()), other_changed(other.size());
        Search search(one, other, one_changed, other_changed, minimal);
        search.solve(
            {0, static_cast<std::int64_t>(one.size()), 0, static_cast<std::int64_t>(other.size())});
        for (std::size_t i = 0; i < one.size(); ++i)
            if (one_changed[i]) deleted[first_kept[i]] = true;
        for (std::size_t i = 0; i < other.size(); ++i)
            if (other_changed[i]) inserted[second_kept[i]] = true;
    }
    Slide(first, deleted, inserted).run();
    Slide(second, inserted, deleted).run();
    std::vector<Change> script;
    std::uint32_t x = 0, y = 0;
    while (x < first.size() || y < second.size()) {
        Change change{x, y, 0, 0};
        while (x < first.size() && deleted[x]) ++x;
        while (y < second.size() && inserted[y]) ++y;
        change.deleted = x - change.first;
        change.inserted = y - change.second;
        if (change.deleted + change.inserted > 0) {
            script.push_back(change);
            continue;
        }
        ++x;
        ++y;
    }
    return script;
}

}  // namespace limpet::commands
