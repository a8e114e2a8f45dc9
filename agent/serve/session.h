// serve/session.h - one session as serve sees it: a process, its streams and their credit.
#pragma once

#include "limpet/frame.h"
#include "limpet/message.h"
#include "serve/record.h"
#include "serve/spawn.h"
#include "serve/wait.h"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace limpet::serve {

class Connection;

class Session {
public:
    // `payload` is that of the open frame, for the session's descriptor 3.
    Session(Connection& connection, std::uint32_t id, const Open& open, std::string payload,
            Child child, std::unique_ptr<Record> record);
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    // The whole life, the exit frame included.
    Task<> run();

    // What the peer asks for; an error is a violation of the protocol.
    Result<> take(std::string_view data);
    Result<> end_input();
    Result<> grant(Stream stream, std::uint32_t credit);
    Result<> signal(std::uint32_t number);
    Result<> resize(std::uint16_t rows, std::uint16_t columns);
    // Kills it and drops what it prints; the exit frame still follows.
    void close();

    // waitpid's status of the process, from the server.
    void exited(int status);

private:
    struct Output {
        Stream stream;
        Descriptor pipe;
        std::uint64_t credit;
        std::optional<std::size_t> rest = {};  // once set: so much is sent, then the stream ends
        bool over = false;
    };

    Task<> deliver_open();
    Task<> pump_input();
    Task<> pump_output(Output& output);
    Task<bool> forward(Output& output);
    Task<> wait_for_process();
    Task<> drain();
    void kill(int signal);
    [[nodiscard]] bool keep(const Output& output, std::string_view bytes);
    void give_up(const Error& error);
    [[nodiscard]] FrameHeader frame(FrameType type, Stream stream = Stream::in) const;
    [[nodiscard]] Exit outcome() const;

    Connection& connection_;
    std::uint32_t id_;
    bool tty_;
    std::string open_payload_;
    std::unique_ptr<Record> record_;
    pid_t pid_;
    Event changed_;
    Descriptor in_;
    Descriptor control_;
    Output out_;
    Output error_;
    Output aside_;

    std::string pending_;  // received for the session and not yet written: from written_ on
    std::size_t written_ = 0;
    std::uint32_t allowed_;       // bytes that the peer may still send
    std::uint32_t consumed_ = 0;  // written to the session and not yet granted again
    bool input_ended_ = false;    // by the peer
    bool input_over_ = false;     // nothing more is written to the session

    Clock::time_point timeout_at_ = Clock::time_point::max();
    Clock::time_point kill_at_ = Clock::time_point::max();
    Clock::time_point abandon_at_ = Clock::time_point::max();
    std::string failure_;        // why it was given up
    std::optional<int> status_;  // of waitpid, once it has exited
    bool closed_ = false;
    bool timed_out_ = false;
    Parts parts_;  // last: its coroutines refer to the rest
};

}  // namespace limpet::serve
