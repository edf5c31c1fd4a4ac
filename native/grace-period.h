// Programs that are running on another CPU when they are detached go on to their end. What is read before that is not final.
#pragma once

#include <mutex>

namespace probepipe {

class GracePeriod {
 public:
  // Something was detached.
  void Begin();
  // Returns when no program runs any more that ran when `Begin` was last called; at once where that has been waited for. On any thread.
  void Await();

 private:
  std::mutex mutex_;
  bool pending_ = false;
};

}  // namespace probepipe
