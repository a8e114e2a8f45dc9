// screen/vi_file.cpp - files that vi reads and writes.
#include "commands/create.h"
#include "commands/file/shown.h"
#include "commands/screen/vi.h"
#include "sys/file.h"

#include <algorithm>

namespace limpet::commands::vi {
namespace {

constexpr std::size_t file_limit = std::size_t{64} * 1024 * 1024;

Result<std::string> contents(Invocation& call, const std::string& name) {
    auto input = TRY(call.open(name));
    std::string all;
    for (;;) {
        const auto bytes = TRY(input.block());
        if (bytes.empty()) return all;
        all += bytes;
        if (all.size() > file_limit) {
            return refused("edit " + name, "it is larger than 64 MiB, which vi does not take");
        }
    }
}

// A new file takes the place of the old one, where that leaves its owner, mode and links as they
// are: whatever happens meanwhile, one of the two is whole.
Result<> replace(Invocation& call, const std::string& name, std::string_view all) {
    const auto place = TRY(place_of(call, name));
    const auto model = TRY(place.stat());
    if (!S_ISREG(model.stx_mode) || model.stx_nlink != 1) {
        return refused("replace " + name, "it is a link, or has several");
    }
    Place half;
    const auto file = TRY(create_beside(place, half));
    auto done = sys::write_all(file, all);
    if (done) done = chown(half, model.stx_uid, model.stx_gid);
    if (done) done = chmod(half, model.stx_mode & 07777);
    if (done) done = rename(half, place);
    if (!done) (void)remove(half, false);
    return done;
}

std::string sizes(std::string_view name, std::size_t lines, std::size_t bytes) {
    return quoted(name) + " " + std::to_string(lines) + (lines == 1 ? " line, " : " lines, ") +
           std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

}  // namespace

bool Vi::may_write(std::string_view name) const {
    if (call_.target.mode == target::Mode::here) return true;
    if (target::place(call_.target, call_.path(name)).first == &call_.target.scratch) return true;
    return target::may_write(call_.target);
}

bool Vi::open(const std::string& name) {
    auto text = contents(call_, name);
    message_.clear();
    if (!text && text.error().code != ENOENT) {
        message_ = limpet::text(text.error());
        return false;
    }
    text_.load(text ? *text : "");
    name_ = name;
    cursor_ = {};
    top_ = top_row_ = 0;
    marks_.clear();
    if (text) {
        message_ = sizes(name, text->empty() ? 0 : text_.size(), text->size());
        if (!text_.ends_with_newline()) message_ += ", no newline at its end";
    } else {
        message_ = quoted(name) + " is new";
    }
    if (!may_write(name))
        message_ += "; read-only: :w needs --allow modify or --scratch";
    else if (set_.read_only)
        message_ += "; read-only";
    return true;
}

bool Vi::write(std::string_view given, Range lines, bool force) {
    const auto name = given.empty() ? name_ : std::string(given);
    if (name.empty()) {
        message_ = "which file? (:w NAME)";
        return false;
    }
    const bool whole = lines.given == 0;
    const bool own = name == name_;
    if (!force && own && set_.read_only) {
        message_ = quoted(name) + " is opened read-only (:w! writes it all the same)";
        return false;
    }
    if (!force && !own && target::stat(call_.target, call_.path(name), target::Follow::yes)) {
        message_ = quoted(name) + " is there already (:w! writes over it)";
        return false;
    }
    const auto first = whole ? 0 : lines.first;
    const auto count = whole ? text_.size() : lines.last - lines.first + 1;
    const auto all = text_.text(first, count);
    const bool there =
        target::stat(call_.target, call_.path(name), target::Follow::yes).has_value();
    // Whether it may be written at all, before anything is done beside it.
    auto file = create(call_, name, Writing::keep);
    if (!file) {
        message_ = limpet::text(file.error());
        return false;
    }
    const auto replaced = there ? replace(call_, name, all) : Result<>(refused("replace", "new"));
    if (!replaced) {
        if (there) file = create(call_, name, Writing::truncate);
        const auto done = file ? sys::write_all(*file, all) : std::unexpected(file.error());
        if (!done) {
            message_ =
                limpet::text(done.error()) + ": " + name + " is not whole; the text is still here";
            return false;
        }
    }
    if (name_.empty()) name_ = name;
    if (whole && name == name_) text_.saved();
    message_ = sizes(name, text_.empty() ? 0 : count, all.size()) + " written";
    if (there && !replaced) message_ += " in place (" + limpet::text(replaced.error()) + ")";
    return true;
}

bool Vi::may_leave(bool force) {
    if (force || !text_.modified()) return true;
    message_ = "there are changes that are not written (:q! drops them, :wq writes them)";
    return false;
}

void Vi::read_in(std::string_view name, std::size_t below) {
    const auto text = contents(call_, std::string(name.empty() ? name_ : name));
    if (!text) {
        message_ = limpet::text(text.error());
        return;
    }
    if (text->empty()) return;
    Buffer read;
    read.load(*text);
    Lines lines;
    for (std::size_t i = 0; i < read.size(); ++i) lines.push_back(read.line(i));
    const bool nothing = text_.empty() && text_.size() == 1;
    const auto count = lines.size();
    text_.replace(nothing ? 0 : below, nothing ? 1 : 0, std::move(lines));
    cursor_ = {nothing ? 0 : below, 0};
    message_ = sizes(name, count, text->size()) + " read";
}

void Vi::tell_file() {
    message_ = (name_.empty() ? "no name" : quoted(name_)) + (text_.modified() ? " modified" : "") +
               " line " + std::to_string(cursor_.line + 1) + " of " + std::to_string(text_.size());
    if (files_.size() > 1) {
        message_ += ", file " + std::to_string(file_ + 1) + " of " + std::to_string(files_.size());
    }
}

void Vi::other_file(int by, bool force) {
    if (by > 0 ? file_ + 1 >= files_.size() : file_ == 0) {
        message_ = by > 0 ? "there is no next file" : "there is no previous file";
        return;
    }
    if (!may_leave(force)) return;
    file_ = by > 0 ? file_ + 1 : file_ - 1;
    open(files_[file_]);
}

void Vi::file_command(std::string_view name, std::string_view rest, bool force, Range lines) {
    if (name == "quit" || name == "qall") {
        done_ = may_leave(force);
    } else if (name == "write" || name == "wq") {
        if (write(rest, lines, force) && name == "wq") done_ = true;
    } else if (name == "xit") {
        done_ = !text_.modified() || write(rest, lines, force);
    } else if (name == "edit") {
        if (rest.empty() && name_.empty())
            message_ = "which file?";
        else if (may_leave(force))
            open(rest.empty() ? name_ : std::string(rest));
    } else if (name == "read") {
        // 0 puts it above the first line; an address cannot say that to others.
        if (rest.starts_with('!'))
            message_ = "commands are run at the shell's prompt, not from here";
        else
            read_in(rest, lines.last + 1);
    } else if (name == "file") {
        if (!rest.empty()) name_ = rest;
        tell_file();
    } else if (name == "rewind") {
        if (!files_.empty() && may_leave(force)) open(files_[file_ = 0]);
    } else {
        other_file(name == "next" ? 1 : -1, force);
    }
}

int Vi::run() {
    if (!files_.empty() && !open(files_[0])) {
        call_.complain(message_);
        return 1;
    }
    if (const auto started = screen_.start(true); !started) {
        call_.complain(started.error());
        return 1;
    }
    for (const auto& line : first_) execute(line);
    while (!done_) command();
    screen_.stop();
    if (screen_.signal() != 0) {
        if (text_.modified()) call_.complain("ended by a signal: the changes are lost");
        return 128 + screen_.signal();
    }
    return status_;
}

}  // namespace limpet::commands::vi
