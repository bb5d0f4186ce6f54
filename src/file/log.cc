// The commits of a lone file: what lies in its slots, the newest first.
#include "file/array_file.h"

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

}  // namespace strata
