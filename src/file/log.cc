// The commits of a lone file: what lies in its slots, the newest first.
#include "file/array_file.h"
#include "file/commit_name.h"

namespace strata {
namespace {

void describe(const SealedLayer& layer, LayerInfo& info) {
  info.bytes = layer.object().size();
  for (size_t i = 0; i < layer.footer().array_count(); ++i) ++(layer.footer().array(i).deleted() ? info.removed : info.arrays);
}

}  // namespace

Result<std::vector<LayerInfo>> ArrayFile::log(uint64_t most, const CancelToken* cancel) const {
  STRATA_TRY(check(cancel));
  STRATA_ASSIGN(const auto stack, open_stack(*engine_, *storage_, names_, cancel));
  const Identity* base = stack->base().identity();
  std::vector<LayerInfo> out;
  bool has_marker = false;
  for (auto s = stack->slots.rbegin(); s != stack->slots.rend() && out.size() < most; ++s) {
    if (s->stranger) continue;
    STRATA_TRY(check(cancel));
    LayerInfo info;
    info.slot = s->slot;
    info.bytes = s->size;
    const bool absorbed = s->slot <= stack->absorbed;
    auto layer = SealedLayer::open(*storage_, s->key, engine_->codecs);
    // What was absorbed is nobody's any more: whatever became of it, the base has it.
    if (!layer.ok() && (!absorbed || layer.code() == Code::kNoMemory)) return layer.take_status();
    const Identity* id = layer.ok() ? (*layer)->identity() : nullptr;
    if (id) info.commit = id->commit_id;
    if (absorbed) {
      info.kind = LayerKind::kFiller;
    } else if (id) {
      info.kind = id->kind;
      info.parent = id->parent_id;
      info.time_ns = id->time_ns;
    }
    if (info.kind == LayerKind::kMarker) {
      info.commit = id->base_id;  // which is what layers above it call their parent
      const bool is_base = base && base->layer_id == id->base_id;
      if (is_base) describe(stack->base(), info);
      has_marker |= is_base;
    } else if (info.kind == LayerKind::kData) {
      describe(**layer, info);
    }
    out.push_back(info);
  }
  if (has_marker || out.size() >= most) return out;
  LayerInfo& first = out.emplace_back();
  first.kind = LayerKind::kBase;
  if (base) {
    first.commit = base->commit_id;
    first.time_ns = base->time_ns;
  }
  describe(stack->base(), first);
  return out;
}

// A file that was just opened, at its newest commit, goes to the one that its options name.
Status ArrayFile::go_back(const CancelToken* cancel) {
  const std::string& commit = options_.commit;
  const CommitName name = CommitName::parse(commit);
  const auto where = [&] { return cat("commit \"", commit, "\" of ", storage_->describe(names_.base())); };
  if (name.is_tag())
    return Status(Code::kInvalid, cat("no commit of a file is called \"", commit, "\": give its number, its id, or a time (2026-01-31T12:00:00Z)"));
  STRATA_ASSIGN(const auto all, log(UINT64_MAX, cancel));
  const LayerInfo* found = nullptr;
  for (const LayerInfo& info : all) {
    const bool is_it = name.number ? info.slot == *name.number : name.id ? info.commit == *name.id : info.time_ns && info.time_ns <= *name.time_ns;
    if (is_it && (!found || name.id)) found = &info;
  }
  const auto gone = [&] { return Status(Code::kHistoryGone, where() + " is in the base since a compaction, and not kept by itself"); };
  if (!found && ((name.number && *name.number <= stack_->absorbed) || (name.time_ns && stack_->absorbed))) return gone();
  if (!found) return Status(Code::kNotFound, cat("no ", where(), ": its newest is ", stack_->next_slot - 1));
  // What was absorbed last is what the base holds.
  if (found->slot < stack_->absorbed) return gone();
  STRATA_ASSIGN(stack_, open_stack_below(*engine_, *storage_, names_, found->slot, cancel));
  return found->slot < stack_->absorbed ? gone() : Status();  // compacted meanwhile
}

}  // namespace strata
