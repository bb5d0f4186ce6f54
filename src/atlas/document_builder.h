// Makes a document out of the parts of its text, whichever way that is written down. The rules about members, values
// and repeated names stand here, once; document_json.cc and document_msgpack.cc only tell what comes next.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "atlas/document.h"
#include "atlas/own_members.h"
#include "base/status.h"

namespace strata {

// A list inside a list inside a list ... as an array's type. The original's JSON reader gives up at 60.
inline constexpr size_t kMaxTypeDepth = 60;

// Each event returns false when the document is refused; error() then tells why. Text is UTF-8.
class DocumentBuilder {
 public:
  bool key(std::string_view name);
  bool begin_map();
  bool end_map();
  bool begin_list();
  bool end_list();
  // verbatim: as written, without an escape. The original takes a date-time for one only then.
  bool text(std::string_view text, bool verbatim);
  bool boolean(bool v);
  bool integer(int64_t v);
  bool unsigned_integer(uint64_t v);
  bool real(double v);
  bool null();

  // Inside a member that nobody knows, or the dataset's own: keys may be anything there, and values too.
  bool skipping() const { return skip_depth_ != 0; }
  void foreign() { recorder_.spoil(); }  // a value that JSON does not have; REQUIRES: skipping()
  const Status& error() const { return error_; }
  Result<Document> finish();

 private:
  enum class In : uint8_t {
    kNothing,
    kDocument,
    kDatasets,
    kDataset,
    kArrays,
    kSchema,
    kType,
    kTypeArguments,
    kShape,
    kChunkShape,
    kDimensions,
    kAttributes
  };
  struct Frame {
    In in;
    uint8_t member = 0;  // the one whose value comes next, from the list in the source
    uint8_t seen = 0;    // bit for each member
  };
  struct PartialType {
    std::optional<Type> type;
    std::optional<uint32_t> size;
    std::shared_ptr<const DType> child;
  };

  In in() const { return frames_.back().in; }
  uint8_t member() const { return frames_.back().member; }
  bool push(In in);
  bool refuse(std::string_view why);
  bool unexpected(std::string_view what);
  bool scalar(std::string_view what);
  bool whole_number(uint64_t v);
  bool attribute(Value value);
  bool codec(std::string_view name, StoreCodec* out);
  bool end_type();
  bool skip(Tree::Kind kind);  // a container is passed over
  bool skip_end();
  bool skipped(Tree::Kind kind, Value v = {});
  bool require(uint8_t members, uint8_t seen, std::string_view names);

  std::vector<Frame> frames_{{In::kNothing}};
  uint64_t skip_depth_ = 0;  // containers open within an unknown member
  bool own_next_ = false;    // the document's or dataset's own member: passed over likewise, and kept
  TreeRecorder recorder_;
  bool complete_ = false;
  Status error_;

  Document document_;
  DatasetEntry dataset_;
  ArraySchema schema_;  // used again and again
  std::string array_name_, attribute_key_;
  DateTexts dates_;  // of dataset_
  std::vector<PartialType> types_;  // the outermost first
};

}  // namespace strata
