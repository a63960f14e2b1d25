// SPDX-License-Identifier: MIT
/// @file
/// A language model with all that belongs to it: weights, tokenizer, chat template, adapter.
#pragma once

#include <ampsft/adapter/algebra.hpp>
#include <ampsft/finetune/adapter.hpp>
#include <ampsft/finetune/answer_options.hpp>
#include <ampsft/finetune/dataset.hpp>
#include <ampsft/io/tensor_progress.hpp>
#include <ampsft/model/load_options.hpp>
#include <ampsft/text/messages.hpp>
#include <ampsft/train/evaluate.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ampsft {

template <Scalar T>
class Transformer;
class PretrainedTokenizer;
class ChatTemplate;

namespace detail {
struct ModelParts;
}  // namespace detail

/// How a language model is loaded.
struct LanguageModelOptions {
  /// How chats are written: chatml, llama2, llama3, zephyr or plain; empty: as the model's own template says.
  std::string chat_template = {};
  WeightStorage storage = WeightStorage::as_stored;
  /// Gets warnings, a line each; null: they go to standard error.
  std::function<void(const std::string&)> on_warning = nullptr;
};

/// How an adapter becomes scores over given bases.
struct ProjectOptions {
  std::filesystem::path basis = {};  ///< the file of an adapter or of bases; empty: fitted to the model's weights
  Index rank = 8;                    ///< of fitted bases
  /// Told how many rows of how many a fitted basis has read; again from 0 for each reading. From any thread.
  std::function<void(Index read, Index rows)> on_rows = nullptr;
};

/// An adapter as scores, and what they miss of it.
struct Projection {
  Adapter adapter;
  std::vector<ProjectedEnergy> energies;  ///< one a weight
  ProjectedEnergy total;
};

class Conversation;

/// A pretrained language model in float. Moves, is not copied; what it returns never refers to it.
///
/// Threads: any number may call `const` members, `chat`, `complete` and `evaluate` at the same time, for these only
/// read the weights. `attach`, `detach`, `merge`, `evaluate_adapters`, `finetune` and everything that is done to
/// `transformer()` must have the model for themselves.
class LanguageModel {
 public:
  /// Reads a GGUF file or a Hugging Face folder. Throws `Error` that names the file, and the tensor, member or token
  /// that is missing or not understood. Memory: as the storage says; mapped files stay mapped.
  [[nodiscard]] static LanguageModel load(const std::filesystem::path& path, const LanguageModelOptions& options = {});

  LanguageModel(LanguageModel&&) noexcept;
  LanguageModel& operator=(LanguageModel&&) noexcept;
  ~LanguageModel();

  [[nodiscard]] const std::filesystem::path& path() const noexcept;
  [[nodiscard]] const ModelConfig& config() const noexcept;
  [[nodiscard]] const PretrainedTokenizer& tokenizer() const noexcept;
  [[nodiscard]] const ChatTemplate& chat_template() const noexcept;

  /// The tokens of a text, without those that begin or end one.
  [[nodiscard]] std::vector<std::int32_t> tokenize(std::string_view text) const;
  /// The text of tokens, special ones left out.
  [[nodiscard]] std::string detokenize(std::span<const std::int32_t> ids) const;

  /// Records of files: JSON Lines of chats, prompts and completions, or texts; or plain text. Throws `Error` that names
  /// file and line for what cannot be read, and if nothing in a file can be used.
  [[nodiscard]] Dataset dataset(const std::vector<std::filesystem::path>& files,
                                const DatasetOptions& options = {}) const;
  [[nodiscard]] Dataset dataset(const std::filesystem::path& file, const DatasetOptions& options = {}) const {
    return dataset(std::vector<std::filesystem::path>{file}, options);
  }
  /// Records that are in memory.
  [[nodiscard]] Dataset dataset(const std::vector<TextRecord>& records, const DatasetOptions& options = {}) const;

  /// The answer to one message. Throws `Error` if it does not fit the context.
  std::string chat(std::string_view message, const AnswerOptions& options = {}) const;
  /// The answer to the last of some messages, which must be the user's.
  std::string chat(const std::vector<ChatMessage>& messages, const AnswerOptions& options = {}) const;
  /// What follows a text, which no template surrounds.
  std::string complete(std::string_view text, const AnswerOptions& options = {}) const;
  /// A chat that remembers its messages and what it has read. Shares the model, which lives as long.
  [[nodiscard]] Conversation conversation(AnswerOptions options = {});

  /// The mean loss on a dataset's records for validation, or on all of it where it has none. Throws `Error` for the
  /// dataset of a model with another tokenizer or template.
  [[nodiscard]] Evaluation evaluate(const Dataset& data, const EvaluateOptions& options = {}) const;

  /// The loss of the model without adapter, then with each of the adapters, on what `evaluate` takes of the dataset.
  ///
  /// Scores over the same bases are computed together, with one product of the base's weights for all of them; LoRA and
  /// truncated scores need a pass each. `options.sequences` is for each adapter that is computed; `options.on_batch`
  /// counts the rows of all passes. Afterwards the model has the adapter that it had. Throws as `evaluate` and
  /// `attach`.
  [[nodiscard]] std::vector<Evaluation> evaluate_adapters(const Dataset& data, const std::vector<Adapter>& adapters,
                                                          const EvaluateOptions& options = {});

  /// Reads a score file or a PEFT folder for this model, and attaches nothing. Throws `Error` for what is damaged or
  /// not for this model.
  [[nodiscard]] Adapter load_adapter(const std::filesystem::path& path) const;
  /// Puts an adapter to use, in place of another one. Warns if it was trained with another chat template. Throws
  /// `Error`, and leaves the model without one, if it belongs to another base.
  void attach(const Adapter& adapter);
  void attach(const std::filesystem::path& path) { attach(load_adapter(path)); }
  /// Puts the adapter in use into the weights themselves, which then multiply as fast as the untouched ones and lie in
  /// float beside them; `detach` and `attach` put those very matrices back. Nothing happens without an adapter.
  void merge();
  /// Takes the adapter off; the model is as it was. Scores of the truncated form keep no base, so the weights are read
  /// again.
  void detach();
  /// The adapter in use; empty if there is none.
  [[nodiscard]] const Adapter& adapter() const noexcept;

  /// The scores that come nearest to an adapter, LoRA or scores, over other bases. Throws `Error` if a basis is
  /// missing, the adapter belongs to another base, or bases are to be fitted while the model has an adapter.
  [[nodiscard]] Projection project(const Adapter& adapter, const ProjectOptions& options = {}) const;

  /// Writes the model, its adapter merged into it, as a Hugging Face folder with tokenizer and template. `dtype` is
  /// that of all tensors; empty: that of the folder it came from, F32 for a GGUF file. `on_tensors` sees how far it is.
  /// `source` is a Hugging Face folder of the same model, whose config, tokenizer and tensors' types are taken; empty:
  /// that of the model itself, if it came from one. Throws as `export_merged` and `export_gguf_model`.
  void save(const std::filesystem::path& folder, std::optional<DType> dtype = {}, const OnTensors& on_tensors = nullptr,
            const std::filesystem::path& source = {}) const;

  /// A hash of the weights without adapter.
  [[nodiscard]] std::string base_hash() const;

  /// The network, for what stands here nowhere.
  [[nodiscard]] Transformer<float>& transformer() noexcept;

  /// The parts, which `finetune` works on.
  [[nodiscard]] detail::ModelParts& parts() const noexcept { return *parts_; }

 private:
  explicit LanguageModel(std::shared_ptr<detail::ModelParts> parts) noexcept;

  std::shared_ptr<detail::ModelParts> parts_;
};

/// A chat with a model: its messages, and what the model has read of them.
///
/// Not for several threads at once; each may have one of its own.
class Conversation {
 public:
  /// How many tokens were read and written, and in which time.
  struct Speed {
    Index read = 0;
    Index known = 0;  ///< tokens of prompts that had been read before
    Index written = 0;
    double read_seconds = 0.0;
    double written_seconds = 0.0;
  };

  Conversation(std::shared_ptr<detail::ModelParts> parts, AnswerOptions options);
  Conversation(Conversation&&) noexcept;
  Conversation& operator=(Conversation&&) noexcept;
  ~Conversation();

  /// Answers a message; both stay in the chat. Where the chat does not fit the context, its oldest messages are
  /// forgotten. Throws `Error`, and forgets the message, if it is longer than the context by itself.
  std::string say(std::string_view message);
  /// Goes on after a text that is no message, and forgets the chat.
  std::string complete(std::string_view text);
  /// Forgets all messages but the system's.
  void reset();

  [[nodiscard]] const std::vector<ChatMessage>& messages() const noexcept;
  /// How many messages the last answer had to forget.
  [[nodiscard]] std::size_t forgotten() const noexcept;
  /// Whether the last answer ended because the context was full.
  [[nodiscard]] bool context_full() const noexcept;
  [[nodiscard]] const Speed& speed() const noexcept;

 private:
  friend class LanguageModel;

  struct State;

  std::unique_ptr<State> state_;
};

}  // namespace ampsft

#if !defined(AMPSFT_INSTANCES)
#include <ampsft/finetune/detail/language_model_inl.hpp>
#endif
