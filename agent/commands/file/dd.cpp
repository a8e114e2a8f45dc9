// dd.cpp - copy blocks, converting them.
#include "commands/create.h"
#include "commands/size.h"
#include "sys/file.h"
#include "target/deadline.h"

#include <unistd.h>

#include <chrono>
#include <memory>

namespace limpet::commands {
namespace {

constexpr std::uint64_t block_limit = std::uint64_t{1} << 30;

struct Request {
    std::string in, out;
    std::uint64_t in_size = 512, out_size = 512, skip = 0, seek = 0;
    std::optional<std::uint64_t> count;
    bool both = false;  // bs=: what was read is written as it came
    bool count_bytes = false, skip_bytes = false, seek_bytes = false, full_blocks = false;
    bool append = false, keep = false, sync = false, go_on = false, exclusive = false;
    bool no_create = false, lower = false, upper = false, swap = false, sparse = false;
    bool sync_data = false, sync_file = false;
    char status = 'd';  // default, n: no transfer, N: nothing, p: progress
};

// "2x512": factors, each with its unit.
std::optional<std::uint64_t> number(std::string_view text) {
    std::uint64_t value = 1;
    for (;;) {
        const auto cross = text.find('x');
        auto word = std::string(text.substr(0, cross));
        std::uint64_t unit = 1;
        if (word.ends_with('w')) word.pop_back(), unit = 2;
        const auto factor = size_with_unit(word);
        if (!factor || __builtin_mul_overflow(value, *factor, &value) ||
            __builtin_mul_overflow(value, unit, &value)) {
            return std::nullopt;
        }
        if (cross == text.npos) return value;
        text.remove_prefix(cross + 1);
    }
}

bool flag(Request& wanted, std::string_view key, std::string_view word) {
    const bool in = key == "iflag";
    const struct {
        std::string_view key, word;
        bool* what;
    } known[]{
        {"conv", "notrunc", &wanted.keep},
        {"conv", "sync", &wanted.sync},
        {"conv", "noerror", &wanted.go_on},
        {"conv", "fsync", &wanted.sync_file},
        {"conv", "fdatasync", &wanted.sync_data},
        {"conv", "excl", &wanted.exclusive},
        {"conv", "nocreat", &wanted.no_create},
        {"conv", "lcase", &wanted.lower},
        {"conv", "ucase", &wanted.upper},
        {"conv", "swab", &wanted.swap},
        {"conv", "sparse", &wanted.sparse},
        {"iflag", "count_bytes", &wanted.count_bytes},
        {"iflag", "skip_bytes", &wanted.skip_bytes},
        {"iflag", "fullblock", &wanted.full_blocks},
        {"oflag", "seek_bytes", &wanted.seek_bytes},
        {"oflag", "append", &wanted.append},
    };
    for (const auto& entry : known) {
        if (entry.key != key || entry.word != word) continue;
        *entry.what = true;
        return true;
    }
    // How the kernel goes about it makes no difference to what is copied.
    for (const std::string_view other : {"direct", "dsync", "sync", "nonblock", "noatime",
                                         "nocache", "noctty", "nofollow", "directory"}) {
        if (key != "conv" && word == other) return true;
    }
    return !in && word.empty();
}

Result<Request> parse_operands(const std::vector<std::string>& operands) {
    Request wanted;
    for (const std::string_view operand : operands) {
        const auto equals = operand.find('=');
        const auto key = operand.substr(0, equals);
        auto value = equals == operand.npos ? std::string_view{} : operand.substr(equals + 1);
        const auto wrong = refused("operand", "'" + std::string(operand) + "' is not understood");
        if (equals == operand.npos) return wrong;
        if (key == "if") {
            wanted.in = value;
        } else if (key == "of") {
            wanted.out = value;
        } else if (key == "status") {
            wanted.status = value == "none"       ? 'N'
                            : value == "noxfer"   ? 'n'
                            : value == "progress" ? 'p'
                                                  : 0;
            if (wanted.status == 0) return wrong;
        } else if (key == "conv" || key == "iflag" || key == "oflag") {
            while (!value.empty()) {
                const auto comma = value.find(',');
                if (!flag(wanted, key, value.substr(0, comma))) return wrong;
                value = comma == value.npos ? std::string_view{} : value.substr(comma + 1);
            }
        } else {
            if (value.ends_with('B') && number(value.substr(0, value.size() - 1)) &&
                value.find_first_not_of("0123456789") == value.size() - 1) {
                value.remove_suffix(1);
                if (key == "count") wanted.count_bytes = true;
                if (key == "skip" || key == "iseek") wanted.skip_bytes = true;
                if (key == "seek" || key == "oseek") wanted.seek_bytes = true;
            }
            const auto size = number(value);
            const bool block = key == "bs" || key == "ibs" || key == "obs" || key == "cbs";
            if (!size || (block && (*size == 0 || *size > block_limit))) return wrong;
            if (key == "bs") wanted.both = true;
            if (key == "bs" || key == "ibs") wanted.in_size = *size;
            if (key == "bs" || key == "obs") wanted.out_size = *size;
            if (key == "count") wanted.count = size;
            if (key == "skip" || key == "iseek") wanted.skip = *size;
            if (key == "seek" || key == "oseek") wanted.seek = *size;
            if (!block && key != "count" && !key.ends_with("skip") && !key.ends_with("seek"))
                return wrong;
        }
    }
    return wanted;
}

class Transfer {
public:
    Transfer(Invocation& call, const Request& wanted, int in, int out)
        : call_(call), wanted_(wanted), in_(in), out_(out) {}

    Result<> run() {
        buffer_.reserve(wanted_.out_size);
        const std::unique_ptr<char[]> block(new char[wanted_.in_size]);
        TRY(skip(block.get()));
        std::uint64_t left = UINT64_MAX;
        if (wanted_.count) left = *wanted_.count;
        while (left > 0) {
            const auto want =
                wanted_.count_bytes ? std::min(left, wanted_.in_size) : wanted_.in_size;
            auto got = read_block(block.get(), want);
            if (!got) {
                if (!wanted_.go_on) return std::unexpected(got.error());
                call_.complain(got.error());
                ::lseek(in_, static_cast<off_t>(wanted_.in_size), SEEK_CUR);
                if (++errors_ > 1'000'000) return std::unexpected(got.error());
                got = 0;
                if (!wanted_.sync) continue;
            } else if (*got == 0) {
                break;
            }
            ++(*got == wanted_.in_size ? full_in_ : partial_in_);
            left -= wanted_.count_bytes ? *got : 1;
            auto size = static_cast<std::size_t>(*got);
            if (wanted_.sync && size < wanted_.in_size) {
                std::fill(block.get() + size, block.get() + wanted_.in_size, '\0');
                size = wanted_.in_size;
            }
            convert(block.get(), size);
            TRY(put({block.get(), size}));
            progress();
        }
        if (!buffer_.empty()) TRY(write_block(std::exchange(buffer_, {})));
        if (hole_ && ::ftruncate(out_, ::lseek(out_, 0, SEEK_CUR)) != 0)
            return failed("truncate", "output");
        if (wanted_.sync_file && ::fsync(out_) != 0) return failed("fsync", "output");
        if (wanted_.sync_data && ::fdatasync(out_) != 0) return failed("fdatasync", "output");
        return {};
    }
    void tell() {
        if (wanted_.status == 'N') return;
        if (told_ > begin_) call_.error.put('\n');
        call_.error.print("%llu+%llu records in\n%llu+%llu records out\n", full_in_, partial_in_,
                          full_out_, partial_out_);
        if (wanted_.status != 'n') total('\n');
    }

private:
    using Clock = std::chrono::steady_clock;
    void total(char end) {
        const double seconds = std::chrono::duration<double>(Clock::now() - begin_).count();
        call_.error.print("%llu bytes copied, %.6f s, %.1f MB/s%c", bytes_, seconds,
                          seconds > 0 ? static_cast<double>(bytes_) / 1e6 / seconds : 0.0, end);
    }
    // Each second, over the line before.
    void progress() {
        const auto now = Clock::now();
        if (wanted_.status != 'p' || now - told_ < std::chrono::seconds(1)) return;
        told_ = now;
        total('\r');
        call_.error.flush();
    }
    Result<std::uint64_t> read_block(char* block, std::uint64_t want) const {
        std::uint64_t got = 0;
        do {
            const auto more = TRY(sys::read(BorrowedFd(in_), block + got, want - got));
            if (more == 0) break;
            got += more;
        } while (wanted_.full_blocks && got < want);
        return got;
    }
    Result<> skip(char* block) const {
        const auto bytes = wanted_.skip_bytes ? wanted_.skip : wanted_.skip * wanted_.in_size;
        if (bytes == 0 || ::lseek(in_, static_cast<off_t>(bytes), SEEK_CUR) >= 0) return {};
        for (std::uint64_t left = bytes; left > 0;) {
            const auto got = TRY(read_block(block, std::min(left, wanted_.in_size)));
            if (got == 0) break;
            left -= got;
        }
        return {};
    }
    void convert(char* block, std::size_t size) const {
        if (wanted_.swap) {
            for (std::size_t i = 0; i + 1 < size; i += 2) std::swap(block[i], block[i + 1]);
        }
        for (std::size_t i = 0; i < size && (wanted_.lower || wanted_.upper); ++i) {
            if (wanted_.lower && block[i] >= 'A' && block[i] <= 'Z')
                block[i] += 32;
            else if (wanted_.upper && block[i] >= 'a' && block[i] <= 'z')
                block[i] -= 32;
        }
    }
    Result<> put(std::string_view bytes) {
        if (wanted_.both) return write_block(std::string(bytes));
        buffer_ += bytes;
        while (buffer_.size() >= wanted_.out_size) {
            TRY(write_block(buffer_.substr(0, wanted_.out_size)));
            buffer_.erase(0, wanted_.out_size);
        }
        return {};
    }
    Result<> write_block(const std::string& block) {
        const bool zeros = wanted_.sparse && block.find_first_not_of('\0') == block.npos;
        hole_ = zeros && ::lseek(out_, static_cast<off_t>(block.size()), SEEK_CUR) >= 0;
        if (!hole_) {
            target::deadline::enter();
            TRY(sys::write_all(BorrowedFd(out_), block));
        }
        ++(block.size() == wanted_.out_size ? full_out_ : partial_out_);
        bytes_ += block.size();
        return {};
    }

    Invocation& call_;
    const Request& wanted_;
    int in_, out_;
    std::string buffer_;
    bool hole_ = false;
    unsigned long long full_in_ = 0, partial_in_ = 0, full_out_ = 0, partial_out_ = 0, bytes_ = 0;
    unsigned errors_ = 0;
    Clock::time_point begin_ = Clock::now(), told_ = begin_;
};

Result<Fd> open_output(Invocation& call, const Request& wanted) {
    const auto how = wanted.append      ? Writing::append
                     : wanted.exclusive ? Writing::exclusive
                     : wanted.no_create ? Writing::only_there
                                        : Writing::keep;
    return create(call, wanted.out, how);
}

int run(Invocation& call) {
    const auto wanted = parse_operands(call.operands);
    if (!wanted) return call.misused(text(wanted.error()));
    Fd in, out;
    if (!wanted->in.empty()) {
        auto opened = target::open_for_reading(call.target, call.path(wanted->in));
        if (!opened) {
            call.complain(opened.error());
            return 1;
        }
        in = *std::move(opened);
    }
    const auto offset = wanted->seek_bytes ? wanted->seek : wanted->seek * wanted->out_size;
    if (!wanted->out.empty()) {
        auto opened = open_output(call, *wanted);
        if (!opened) {
            call.complain(opened.error());
            return 1;
        }
        out = *std::move(opened);
        // POSIX: what is before seek= stays. A device has no length to cut, and says EINVAL.
        if (!wanted->keep && !wanted->append &&
            ::ftruncate(out.get(), static_cast<off_t>(offset)) != 0 && errno != EINVAL) {
            call.complain(failed("truncate", wanted->out).error());
            return 1;
        }
    }
    const int to = out ? out.get() : call.out.fd().get();
    if (offset > 0 && ::lseek(to, static_cast<off_t>(offset), SEEK_CUR) < 0) {
        call.complain(failed("seek", wanted->out).error());
        return 1;
    }
    Transfer transfer(call, *wanted, in ? in.get() : call.in.fd().get(), to);
    if (auto done = transfer.run(); !done) {
        if (done.error().subject().empty()) {
            done.error().subject() = done.error().action() == "read" ? wanted->in : wanted->out;
        }
        call.complain(done.error());
    }
    transfer.tell();
    return call.status;
}

constexpr Command dd{
    .name = "dd",
    .usage = "[if=FILE] [of=FILE] [bs=N] [count=N] [skip=N] [seek=N] [conv=LIST] [status=WORD]",
    .summary = "copy blocks",
    .theme = "files",
    .promise = Promise::files,
    .run = run,
    .help =
        "Also ibs= obs= (512), iseek= oseek=, iflag=count_bytes,skip_bytes,fullblock,\n"
        "oflag=append,seek_bytes. conv= is of notrunc,sync,noerror,fsync,fdatasync,excl,nocreat,\n"
        "sparse,lcase,ucase,swab; status= none, noxfer or progress (each second, too). N has "
        "units\n"
        "as head -c takes them, and factors: 2x1k. of= needs --allow modify or --scratch.\n\n"
        "Example:\n  dd if=/var/lib/app.db bs=4k skip=2 count=1 status=none | xxd\n",
    .raw = true,
    .writes = true,
};
const Register registered{dd};

}  // namespace
}  // namespace limpet::commands
