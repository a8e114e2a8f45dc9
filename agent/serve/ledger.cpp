// serve/ledger.cpp - the request log of `serve --record-dir`.
#include "serve/ledger.h"

#include "serve/log.h"
#include "serve/socket.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>

namespace limpet::serve {
namespace {

constexpr mode_t owner_only = 0600;
constexpr std::size_t hash_size = 64;
// Entries, bytes, the last hash: always of one size, so that writing it anew needs no new file.
constexpr std::size_t head_size = 20 + 1 + 20 + 1 + hash_size + 1;
// An open frame's arguments, every byte of them escaped.
constexpr off_t longest_entry = 8 * 1024 * 1024;
constexpr std::string_view hash_member = ",\"hash\":\"";

Result<Fd> open_in(BorrowedFd directory, const char* name) {
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    Fd file(::openat(directory.get(), name, flags, owner_only));
    if (!file) return failed("open", name);
    return file;
}

}  // namespace

Ledger::~Ledger() = default;

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path) {
    std::unique_ptr<Ledger> ledger(new Ledger);
    ledger->directory_ = TRY(open_private_directory(path, "record"));
    ledger->log_ = TRY(open_in(ledger->directory_, "requests.log"));
    ledger->head_ = TRY(open_in(ledger->directory_, "requests.head"));
    if (::flock(ledger->log_.get(), LOCK_EX | LOCK_NB) != 0) {
        return refused("record", path + " belongs to a serve that runs");
    }
    TRY(ledger->read_head());
    return ledger;
}

Result<> Ledger::read_head() {
    char head[head_size + 1] = {};
    struct stat status{};
    if (::fstat(log_.get(), &status) != 0) return failed("stat", "requests.log");
    const auto got = ::pread(head_.get(), head, head_size, 0);
    if (got < 0) return failed("read", "requests.head");
    last_.assign(hash_size, '0');
    if (got == static_cast<ssize_t>(head_size)) {
        entries_ = std::strtoull(head, nullptr, 10);
        size_ = std::strtoull(head + 21, nullptr, 10);
        last_.assign(head + 42, hash_size);
    }
    // We may have died between the log and its head: one entry more than that is an end.
    const auto more = status.st_size - static_cast<off_t>(size_);
    if (more == 0) return {};
    std::string line(more > 0 && more <= longest_entry ? static_cast<std::size_t>(more) : 0, '\0');
    const auto whole = ::pread(log_.get(), line.data(), line.size(), static_cast<off_t>(size_));
    const auto at = line.rfind(hash_member);
    if (line.empty() || whole != more || line.find('\n') != line.size() - 1 || at == line.npos ||
        line.size() - at != hash_member.size() + hash_size + 3) {
        return refused("record", "requests.log does not end where requests.head says",
                       "limpet verify says more; a new directory begins a new log");
    }
    ++entries_;
    size_ += line.size();
    last_ = line.substr(at + hash_member.size(), hash_size);
    return write_head();
}

Result<> Ledger::write_head() {
    char head[head_size + 1];
    std::snprintf(head, sizeof head, "%020llu %020llu %s\n",
                  static_cast<unsigned long long>(entries_), static_cast<unsigned long long>(size_),
                  last_.c_str());
    if (::pwrite(head_.get(), head, head_size, 0) != static_cast<ssize_t>(head_size)) {
        return failed("write", "requests.head");
    }
    return {};
}

Result<> Ledger::append(std::string_view members) {
    std::string line = "{\"entry\":" + std::to_string(entries_ + 1);
    line += ",\"time\":\"" + log::now() + "\",";
    line += members;
    line += ",\"previous\":\"" + last_ + '"';
    Digest digest(DigestKind::sha256);
    digest.add(line);
    const std::string hash = digest.finish();
    line += hash_member;
    line += hash;
    line += "\"}\n";
    const auto at = static_cast<off_t>(size_);
    if (::pwrite(log_.get(), line.data(), line.size(), at) != static_cast<ssize_t>(line.size())) {
        auto problem = failed("write", "requests.log");
        [[maybe_unused]] const int cut = ::ftruncate(log_.get(), at);
        return problem;
    }
    ++entries_;
    size_ += line.size();
    last_ = hash;
    // Also where whoever can write the directory cannot.
    log::write(log::Level::info, "request log", {{"entry", entries_}, {"hash", hash}});
    return write_head();
}

}  // namespace limpet::serve
