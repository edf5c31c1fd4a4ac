// Attaches a loaded program to what src/runtime/native-addon.ts calls an AttachTarget.
#pragma once

#include <bpf/libbpf.h>
#include <napi.h>

#include <memory>
#include <utility>
#include <vector>

#include "file-descriptor.h"

namespace probepipe {

// The links of one program: one, or one for each CPU of a clock.
class Attachment {
 public:
  Attachment() = default;
  Attachment(const Attachment&) = delete;
  Attachment& operator=(const Attachment&) = delete;
  ~Attachment() { Detach(); }

  void Add(bpf_link* link) { links_.push_back(link); }
  // A link that libbpf does not know of.
  void Add(FileDescriptor link) { descriptors_.push_back(std::move(link)); }
  void Detach();
  // Of the first link; -1 where none is left.
  int LinkFd() const { return links_.empty() ? -1 : bpf_link__fd(links_.front()); }

 private:
  std::vector<bpf_link*> links_;
  std::vector<FileDescriptor> descriptors_;
};

// Throws a TypeError for a target that is none, and a Failure for a kernel that refuses it.
std::shared_ptr<Attachment> Attach(bpf_object* object, bpf_program* program, const Napi::Object& target);

}  // namespace probepipe
