// commands/text/awk_record.cpp - records and fields of awk.
#include "commands/text/awk_record.h"

#include "commands/utf8.h"

#include <algorithm>
#include <cstring>

namespace limpet::commands::awk {

bool Splitter::next_part(std::string_view& field) {
    if (done_) return false;
    const auto rest = text_.substr(at_);
    auto size = rest.size();
    std::size_t skipped = 0;
    switch (separator_.kind) {
        case Separator::Kind::none:
            size = std::max<std::size_t>(utf8_length(rest), 1);
            done_ = at_ + size == text_.size();
            break;
        case Separator::Kind::regex: {
            // An empty match separates nothing.
            for (auto from = at_; from < text_.size();) {
                const auto found = separator_.regex->find(text_, from);
                if (!found || !*found) break;
                if ((*found)->end > (*found)->begin) {
                    size = (*found)->begin - at_;
                    skipped = (*found)->end - (*found)->begin;
                    break;
                }
                from = (*found)->end + 1;
            }
            break;
        }
        default: {
            if (rest.empty()) break;
            const auto* hit =
                static_cast<const char*>(std::memchr(rest.data(), separator_.byte, rest.size()));
            if (hit) size = static_cast<std::size_t>(hit - rest.data());
            if (separator_.newline) size = std::min(size, rest.substr(0, size).find('\n'));
            skipped = size < rest.size() ? 1 : 0;
        }
    }
    field = rest.substr(0, size);
    at_ += size + skipped;
    if (separator_.kind != Separator::Kind::none) done_ = skipped == 0;
    return true;
}

void Record::reset(const Separator& separator) {
    separator_ = separator;
    splitter_ = Splitter(text_, separator);
    fields_.clear();
    if (!assigned_.empty()) assigned_.clear();
    complete_ = false;
    whole_ = true;
}

void Record::set(std::string_view text, const Separator& separator) {
    text_ = text;
    borrowed_ = true;
    reset(separator);
}

void Record::set_copy(std::string_view text, const Separator& separator) {
    // `text` may be part of what we have.
    spare_.assign(text);
    own_.swap(spare_);
    text_ = own_;
    borrowed_ = false;
    reset(separator);
}

void Record::keep() {
    if (!borrowed_) return;
    borrowed_ = false;
    const char* const before = text_.data();
    spare_.assign(text_);
    own_.swap(spare_);
    text_ = own_;
    // What was split points into the old place.
    const auto moved = [&](std::string_view part) {
        return part.empty() ? std::string_view()
                            : std::string_view(own_).substr(
                                  static_cast<std::size_t>(part.data() - before), part.size());
    };
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (!assigned(i + 1)) fields_[i] = moved(fields_[i]);
    }
    if (complete_) return;
    const auto have = fields_.size();
    splitter_ = Splitter(text_, separator_);
    std::string_view again;
    for (std::size_t i = 0; i < have; ++i) splitter_.next(again);
}

void Record::split() {
    std::string_view part;
    while (!complete_ && splitter_.next(part)) fields_.push_back(part);
    complete_ = true;
}

std::size_t Record::count() {
    split();
    return fields_.size();
}

bool Record::resize(std::size_t count) {
    if (count > field_limit) return false;
    split();
    fields_.resize(count);
    if (assigned_.size() > count) assigned_.resize(count);
    whole_ = false;
    return true;
}

bool Record::assign(std::size_t index, Value value) {
    if (index > field_limit) return false;
    split();
    if (fields_.size() < index) fields_.resize(index);
    if (assigned_.size() < index) assigned_.resize(index);
    if (value.kind() == Value::Kind::unset) value = Value(std::string_view());
    auto& kept = assigned_[index - 1];
    kept = std::move(value);
    if (kept.has_text()) fields_[index - 1] = kept.view();
    whole_ = false;
    return true;
}

void Record::join(const std::string& ofs, const std::string& convfmt) {
    split();
    std::string made;
    made.swap(spare_);
    made.clear();
    std::vector<std::size_t> ends;
    ends.reserve(fields_.size());
    char digits[32];
    std::string longer;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (i > 0) made += ofs;
        const auto* const value = assigned(i + 1);
        if (value && !value->has_text()) {
            made += number_text(Value(*value).number(), convfmt, digits, longer);
        } else {
            made += fields_[i];
        }
        ends.push_back(made.size());
        if (memory.fits(made.size())) continue;
        // The interpreter stops at the next statement: there is nothing to see meanwhile.
        fields_.resize(i + 1);
        break;
    }
    own_.swap(made);
    spare_.swap(made);
    text_ = own_;
    borrowed_ = false;
    whole_ = true;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < fields_.size(); ++i) {
        if (!assigned(i + 1)) fields_[i] = text_.substr(begin, ends[i] - begin);
        begin = ends[i] + ofs.size();
    }
}

}  // namespace limpet::commands::awk
