// A BPF object and all that came from it. What JavaScript holds (object, maps, links, rings) shares it, so that none is
// collected while another is in use, and closing the object closes all.
#pragma once

#include <bpf/libbpf.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "attach.h"
#include "grace-period.h"
#include "inner-map.h"
#include "map-entries.h"

namespace probepipe {

class NativeRing;

// A map in the kernel. Maps that are read on another thread outlive the object's closing until they are read.
struct KernelMap {
  std::string name;
  FileDescriptor fd;
  MapShape shape;
  std::shared_ptr<GracePeriod> settling;
  // Of an array-of-maps.
  std::unique_ptr<InnerMap> inner;
};

struct ObjectState {
  enum class Stage { kOpened, kLoaded, kRefused, kClosed };

  std::string name;
  Stage stage = Stage::kOpened;
  bpf_object* object = nullptr;
  std::map<std::string, std::shared_ptr<KernelMap>> maps;
  std::vector<std::shared_ptr<Attachment>> attachments;
  // After a detachment, readings of maps and rings wait for it once.
  const std::shared_ptr<GracePeriod> settling = std::make_shared<GracePeriod>();
  // Each takes itself out when it is closed.
  std::map<std::string, NativeRing*> rings;

  ObjectState() = default;
  ObjectState(const ObjectState&) = delete;
  ObjectState& operator=(const ObjectState&) = delete;
  ~ObjectState() { Close(); }

  // But for the rings, which belong to JavaScript.
  void Close() {
    for (const auto& attachment : attachments) attachment->Detach();
    attachments.clear();
    maps.clear();
    if (object != nullptr) bpf_object__close(object);
    object = nullptr;
    stage = Stage::kClosed;
  }

  // The kernel waits at each until no CPU can be in the program any more. Waits that overlap end together, so that hundreds take little longer than a few.
  void DetachAll() {
    constexpr size_t kMostThreads = 32;
    std::atomic<size_t> next{0};
    const auto work = [this, &next] {
      for (size_t at = next++; at < attachments.size(); at = next++) attachments[at]->Detach();
    };
    std::vector<std::thread> threads;
    try {
      while (threads.size() + 1 < std::min(attachments.size(), kMostThreads)) threads.emplace_back(work);
    } catch (const std::system_error&) {
      // As many as there are have to do.
    }
    work();
    for (std::thread& thread : threads) thread.join();
    settling->Begin();
    attachments.clear();
  }

  void Detach(const std::shared_ptr<Attachment>& attachment) {
    attachment->Detach();
    settling->Begin();
    attachments.erase(std::remove(attachments.begin(), attachments.end(), attachment), attachments.end());
  }
};

}  // namespace probepipe
