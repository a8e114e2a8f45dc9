// request_log.cpp - the request log, checked: every entry's own hash, the hash of the one before
// it, the number that there are, and the recordings.
#include "attach/request_log.h"

#include "attach/cast_file.h"
#include "attach/sanitiser.h"
#include "limpet/digest.h"

#include <boost/json.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace limpet::attach {
namespace {

namespace json = boost::json;

// As serve has it: the arguments of one session, every byte of them escaped.
constexpr std::size_t longest_entry = 8 * 1024 * 1024;
constexpr std::string_view hash_member = ",\"hash\":\"";
constexpr std::size_t hash_size = 64;

std::string digest_of(std::string_view bytes) {
    Digest digest(DigestKind::sha256);
    digest.add(bytes);
    return digest.finish();
}

struct Entry {
    std::uint64_t number = 0;
    std::string time, event, session, previous, hash, recording, recording_hash;
};

std::string member(const json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    const auto* text = value ? value->if_string() : nullptr;
    return text ? std::string(*text) : std::string();
}

std::optional<Entry> parsed(std::string_view line) {
    json::parse_options options;
    options.max_depth = 8;
    json::error_code error;
    const auto value = json::parse(line, error, {}, options);
    const auto* object = error ? nullptr : value.if_object();
    if (!object) return std::nullopt;
    Entry entry;
    const auto* number = object->if_contains("entry");
    if (number && number->is_int64() && number->get_int64() > 0) {
        entry.number = static_cast<std::uint64_t>(number->get_int64());
    }
    entry.time = member(*object, "time");
    entry.event = member(*object, "event");
    entry.session = member(*object, "session");
    entry.previous = member(*object, "previous");
    entry.hash = member(*object, "hash");
    entry.recording = member(*object, "recording");
    entry.recording_hash = member(*object, "recording_sha256");
    return entry;
}

class Check {
public:
    Check(Fd directory, Lines lines, std::string_view noted)
        : directory_(std::move(directory)), lines_(std::move(lines)), noted_(noted) {
        check_.last.assign(hash_size, '0');
    }

    Result<LogCheck> run() {
        while (const auto line = TRY(lines_.next())) {
            const auto problem = TRY(entry(*line));
            if (problem.empty()) continue;
            check_.bad = check_.entries + 1;
            check_.problem = problem;
            return std::move(check_);
        }
        check_.problem = end();
        if (check_.problem.empty()) check_.problem = TRY(strangers());
        return std::move(check_);
    }

private:
    Result<std::string> entry(std::string_view line);
    Result<std::string> recording(const Entry& entry);
    std::string sequel(const Entry& entry);
    std::string end();
    Result<std::string> strangers();

    Fd directory_;
    Lines lines_;
    std::string_view noted_;
    bool seen_ = false;  // the noted hash
    LogCheck check_;
    std::uint64_t size_ = 0, size_before_ = 0;  // bytes, with and without the last entry
    std::string before_;                        // hash of the last entry but one
    bool stopped_ = false;
    std::map<std::string, std::string> running_;  // session, its recording
    std::set<std::string> named_;                 // recordings
};

// What is wrong with the next entry; empty when nothing is.
Result<std::string> Check::entry(std::string_view line) {
    if (lines_.broken()) return "it is cut off in its middle";
    const auto entry = parsed(line);
    if (!entry) return "it is no JSON object";
    const auto at = line.rfind(hash_member);
    if (at == line.npos || line.size() != at + hash_member.size() + hash_size + 2 ||
        !line.ends_with("\"}") || entry->hash != digest_of(line.substr(0, at))) {
        return "it is not what was written: its hash is another";
    }
    if (entry->number != check_.entries + 1) {
        return "it has the number " + std::to_string(entry->number) +
               ": entries were taken out, put in or moved";
    }
    if (entry->previous != check_.last) {
        return "it does not follow the one before it: that one is not what was written, or this "
               "one";
    }
    if (auto problem = sequel(*entry); !problem.empty()) return problem;
    if (auto problem = TRY(recording(*entry)); !problem.empty()) return problem;
    if (check_.entries == 0) check_.first = entry->time;
    check_.until = entry->time;
    ++check_.entries;
    before_ = std::exchange(check_.last, entry->hash);
    size_before_ = std::exchange(size_, size_ + line.size() + 1);
    seen_ = seen_ || entry->hash == noted_;
    return std::string();
}

// Of a session: its end comes after its beginning.
std::string Check::sequel(const Entry& entry) {
    stopped_ = entry.event == "stop";
    if (entry.event == "open") {
        running_[entry.session] = entry.recording;
    } else if (entry.event == "end" && running_.erase(entry.session) == 0) {
        return "it ends a session that was not opened: " + entry.session;
    } else if (entry.event == "start") {
        for (const auto& [session, name] : running_) {
            check_.notes.push_back("session " + session + " has no end: serve was killed");
            named_.insert(name);
        }
        running_.clear();
    }
    return {};
}

Result<std::string> Check::recording(const Entry& entry) {
    if (entry.event != "end" || entry.recording.empty()) return std::string();
    const auto& name = entry.recording;
    const auto what = "its recording " + name;
    if (name.find('/') != name.npos || !named_.insert(name).second)
        return what + " is no such file";
    const Fd file(::openat(directory_.get(), name.c_str(),
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
    if (!file && errno == ENOENT) return what + " is not there";
    if (!file) return failed("open", name);
    struct stat status{};
    if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) {
        return what + " is no regular file";
    }
    Digest digest(DigestKind::sha256);
    constexpr std::size_t block_size = std::size_t{64} * 1024;
    const std::unique_ptr<char[]> block(new char[block_size]);
    for (;;) {
        const auto count = ::read(file.get(), block.get(), block_size);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return failed("read", name);
        if (count == 0) break;
        digest.add({block.get(), static_cast<std::size_t>(count)});
    }
    if (digest.finish() != entry.recording_hash) return what + " is not what was written";
    ++check_.recordings;
    return std::string();
}

// Whether entries are missing at the end, as far as anything says so.
std::string Check::end() {
    if (!noted_.empty() && !seen_) {
        return "no entry has the hash " + std::string(noted_) + ": it was cut off or replaced";
    }
    constexpr std::size_t head_size = 107;
    char head[head_size + 1] = {};
    const Fd file(::openat(directory_.get(), "requests.head",
                           O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
    const auto got = file ? ::read(file.get(), head, head_size) : -1;
    if (got != static_cast<ssize_t>(head_size)) {
        return "requests.head is missing: whether the log has its end cannot be told";
    }
    const auto entries = std::strtoull(head, nullptr, 10);
    const auto size = std::strtoull(head + 21, nullptr, 10);
    const std::string_view hash(head + 42, hash_size);
    const bool same = entries == check_.entries && size == size_ && hash == check_.last;
    // serve died, or writes it this very moment: the log is written first.
    const bool one_ahead = entries + 1 == check_.entries && size == size_before_ && hash == before_;
    if (!same && !one_ahead) {
        return "it was cut off: requests.head knows of " + std::to_string(entries) +
               " entries, the last " + std::string(hash);
    }
    if (!stopped_ && check_.entries > 0) {
        check_.notes.push_back("serve runs, or was killed: " + std::to_string(running_.size()) +
                               " sessions have no end yet");
    }
    for (const auto& [session, name] : running_) named_.insert(name);
    return {};
}

// Recordings that no entry names.
Result<std::string> Check::strangers() {
    const int copy = ::fcntl(directory_.get(), F_DUPFD_CLOEXEC, 3);
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(copy), &::closedir);
    if (!folder) return failed("read", "the directory");
    ::rewinddir(folder.get());
    while (const auto* found = ::readdir(folder.get())) {
        std::string name = found->d_name;
        if (name.ends_with(".cast.part")) name.resize(name.size() - 5);
        if (name.ends_with(".cast") && !named_.contains(name)) {
            return "no entry has the recording " + name + ": the log was cut off or replaced";
        }
    }
    return std::string();
}

}  // namespace

Result<LogCheck> check_log(const std::string& path, std::string_view noted) {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return failed("open", path);
    const auto slash = path.rfind('/');
    std::string folder = path, name = "requests.log";
    if (!S_ISDIR(status.st_mode)) {
        folder = slash == path.npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
        name = path.substr(slash == path.npos ? 0 : slash + 1);
    }
    Fd directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!directory) return failed("open", folder);
    Fd log(::openat(directory.get(), name.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    if (!log) return failed("open", path + (name == "requests.log" ? "/requests.log" : ""));
    return Check(std::move(directory), Lines(std::move(log), name, longest_entry), noted).run();
}

}  // namespace limpet::attach
