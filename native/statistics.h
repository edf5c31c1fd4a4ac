// The kernel's account of how often each BPF program runs and how long, which it keeps only while somebody asks for it.
#pragma once

#include "file-descriptor.h"

namespace probepipe {

// The account is kept, for all programs on the machine, until the last such descriptor is closed. Needs CAP_SYS_ADMIN and Linux 5.8.
FileDescriptor EnableStatistics();

}  // namespace probepipe
