// FAISS as a contender: bench/faiss_peer.py in a process of its own, spoken to through pipes.
#pragma once

#include <spawn.h>
#include <sys/wait.h>

#include <memory>
#include <string>
#include <vector>

#include "search_contenders.hpp"

extern char** environ;

namespace egide::bench {

class FaissSearcher final : public Searcher {
 public:
  /// `command` is the Python, the script and its arguments. Huge pages come through glibc's malloc, from 2.35 on.
  FaissSearcher(const std::string& name_, Share share_, std::vector<std::string> command, bool huge_pages)
      : Searcher(name_, share_) {
    start(std::move(command), huge_pages);
    build_seconds = receive<double>();
    bytes = receive<double>();
  }
  FaissSearcher(const FaissSearcher&) = delete;
  FaissSearcher& operator=(const FaissSearcher&) = delete;
  ~FaissSearcher() override {
    close(to_);
    close(from_);
    waitpid(child_, nullptr, 0);
  }

  Answers ask(Bytes warm_up, Bytes queries, std::uint32_t radius) override {
    const Bytes first = warm_up.first(kHashBytes);
    const std::uint32_t request[] = {static_cast<std::uint32_t>(1 + queries.size() / kHashBytes), radius};
    send(request, sizeof request);
    send(first.data(), first.size());
    send(queries.data(), queries.size());
    Answers given;
    for (std::size_t at = 0; at < queries.size(); at += kHashBytes) {
      given.us.push_back(receive<double>());
      given.hits.emplace_back(receive<std::uint32_t>());
      for (HammingHit& hit : given.hits.back()) hit.position = receive<std::uint32_t>();
      for (HammingHit& hit : given.hits.back()) hit.distance = receive<std::uint32_t>();
    }
    return given;
  }

 private:
  void start(std::vector<std::string> words, bool huge_pages) {
    int request[2], reply[2];
    require(pipe(request) == 0 && pipe(reply) == 0, "no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, request[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, reply[1], STDOUT_FILENO);
    for (const int end : {request[0], request[1], reply[0], reply[1]}) posix_spawn_file_actions_addclose(&actions, end);
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string tunables = "GLIBC_TUNABLES=glibc.malloc.hugetlb=1";
    std::vector<char*> environment;
    for (char** variable = environ; *variable != nullptr; ++variable) environment.push_back(*variable);
    if (huge_pages) environment.push_back(tunables.data());
    environment.push_back(nullptr);
    require(posix_spawnp(&child_, arguments[0], &actions, nullptr, arguments.data(), environment.data()) == 0,
            "no " + words[0]);
    posix_spawn_file_actions_destroy(&actions);
    close(request[0]);
    close(reply[1]);
    to_ = request[1], from_ = reply[0];
    // The next child must not hold these open: this one would wait for its end for ever.
    for (const int end : {to_, from_}) fcntl(end, F_SETFD, FD_CLOEXEC);
  }

  void send(const void* bytes, std::size_t count) const {
    const auto* at = static_cast<const char*>(bytes);
    for (std::size_t done = 0; done < count;) {
      const ssize_t sent = write(to_, at + done, count - done);
      require(sent > 0, name + " has gone");
      done += static_cast<std::size_t>(sent);
    }
  }
  template <typename Number>
  Number receive() const {
    Number number;
    auto* at = reinterpret_cast<char*>(&number);
    for (std::size_t done = 0; done < sizeof number;) {
      const ssize_t got = read(from_, at + done, sizeof number - done);
      require(got > 0, name + " has gone");
      done += static_cast<std::size_t>(got);
    }
    return number;
  }

  pid_t child_ = -1;
  int to_ = -1, from_ = -1;
};

}  // namespace egide::bench
