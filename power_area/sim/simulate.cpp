// SPDX-License-Identifier: Apache-2.0
#include "power_area/sim/simulate.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <systemc>
#include <type_traits>
#include <utility>

#include "core/error.h"
#include "power_area/sim/mesh.h"
#include "power_area/sim/stage.h"

// libsystemc's own main() wants this symbol; our programs have their own main() and never call it.
int sc_main(int, char**) { return EXIT_FAILURE; }

namespace ohmweave::power_area {

namespace {

struct Pipeline {
  std::unique_ptr<Mesh> mesh;
  std::vector<std::unique_ptr<Stage>> stages;
};

Pipeline elaborate(const PipelineModel& model, Arithmetic* arithmetic) {
  Pipeline pipeline;
  pipeline.mesh = std::make_unique<Mesh>(model);
  for (std::size_t n = 0; n < model.nodes.size(); ++n) {
    const std::string name = "stage_" + std::to_string(n);
    pipeline.stages.push_back(std::make_unique<Stage>(name.c_str(), model, static_cast<int>(n),
                                                      *pipeline.mesh, arithmetic));
    const std::vector<PipelineEdge>& edges = model.nodes[n].edges;
    for (std::size_t e = 0; e < edges.size(); ++e)
      pipeline.stages[edges[e].producer]->add_consumer(*pipeline.stages[n], e);
  }
  return pipeline;
}

PipelineResult gather(const PipelineModel& model, const Pipeline& pipeline) {
  PipelineResult result;
  std::string stuck;
  for (const std::unique_ptr<Stage>& stage : pipeline.stages) {
    result.nodes.push_back(stage->result());
    result.rows.insert(result.rows.end(), stage->rows().begin(), stage->rows().end());
    const std::vector<StateInterval> states = stage->states();
    result.states.insert(result.states.end(), states.begin(), states.end());
    if (!stage->is_finished()) stuck += (stuck.empty() ? "" : "; ") + stage->waits_for();
  }
  if (!stuck.empty()) throw NumericError("the pipeline simulation came to a halt: " + stuck);
  result.links = pipeline.mesh->results();
  result.end_cycle = now();
  for (const RowEvent& row : pipeline.stages.front()->rows())
    if (row.row == 0) result.start_cycles.push_back(row.start_cycle);
  for (const RowEvent& row : pipeline.stages.back()->rows())
    if (row.row == model.nodes.back().num_rows - 1) result.finish_cycles.push_back(row.end_cycle);
  return result;
}

Json outputs_json(const PipelineModel& model, const Pipeline& pipeline) {
  Json outputs = Json::array();
  const std::vector<SharedRow>& rows = pipeline.stages.back()->kept_rows();
  for (int i = 0; i < model.num_inferences; ++i) {
    RowCodes codes;
    for (int y = 0; y < model.nodes.back().num_rows; ++y) {
      const RowCodes& row = *rows.at(static_cast<std::size_t>(i) * model.nodes.back().num_rows + y);
      codes.insert(codes.end(), row.begin(), row.end());
    }
    outputs.push_back(codes);
  }
  return outputs;
}

/// The intervals as they are in memory: there may be a hundred thousand of them.
std::string bytes_of(const std::vector<StateInterval>& states) {
  static_assert(std::is_trivially_copyable_v<StateInterval>, "copied as bytes");
  return {reinterpret_cast<const char*>(states.data()), states.size() * sizeof(StateInterval)};
}

std::vector<StateInterval> states_of(const std::string& bytes) {
  std::vector<StateInterval> states(bytes.size() / sizeof(StateInterval));
  std::memcpy(states.data(), bytes.data(), states.size() * sizeof(StateInterval));
  return states;
}

constexpr char kEndOfJson = '\0';  // JSON text holds no zero byte

/// Everything the child has to say: {"result": ...} or {"error": text}, and after it the states.
std::string run_in_child(const PipelineModel& model, Arithmetic* arithmetic) {
  try {
    setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
    sc_core::sc_report_handler::set_actions(sc_core::SC_INFO, sc_core::SC_DO_NOTHING);
    const Pipeline pipeline = elaborate(model, arithmetic);
    sc_core::sc_start();
    PipelineResult result = gather(model, pipeline);
    const std::string states = bytes_of(std::exchange(result.states, {}));
    Json answer = {{"result", result_to_json(result)}};
    if (arithmetic != nullptr) {
      answer["outputs"] = outputs_json(model, pipeline);
      answer["notes"] = arithmetic->notes();
    }
    return answer.dump() + kEndOfJson + states;
  } catch (const std::exception& error) {
    return Json{{"error", error.what()}}.dump();
  }
}

void write_all(int file, const std::string& text) {
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = write(file, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) _exit(EXIT_FAILURE);
    done += static_cast<std::size_t>(count);
  }
}

std::string read_all(int file) {
  std::string text;
  std::array<char, 65536> block;
  while (true) {
    const ssize_t count = read(file, block.data(), block.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(block.data(), static_cast<std::size_t>(count));
  }
}

std::string run_forked(const PipelineModel& model, Arithmetic* arithmetic) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0)
    throw NumericError(std::string("pipeline simulation: pipe: ") + std::strerror(errno));
  const pid_t child = fork();
  if (child < 0)
    throw NumericError(std::string("pipeline simulation: fork: ") + std::strerror(errno));
  if (child == 0) {
    close(ends[0]);
    write_all(ends[1], run_in_child(model, arithmetic));
    _exit(EXIT_SUCCESS);  // no destructors: the SystemC kernel does not survive its own modules
  }
  close(ends[1]);
  std::string text = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status))
    throw NumericError("the pipeline simulation was ended by signal " +
                       std::to_string(WTERMSIG(status)));
  if (!WIFEXITED(status) || WEXITSTATUS(status) != EXIT_SUCCESS)
    throw NumericError("the pipeline simulation ended without a result");
  return text;
}

FunctionalResult run(const PipelineModel& model, Arithmetic* arithmetic) {
  validate(model);
  const std::string text = run_forked(model, arithmetic);
  const std::size_t end = std::min(text.find(kEndOfJson), text.size());
  const Json answer = parse_json(text.substr(0, end), "pipeline simulation");
  if (answer.contains("error")) throw NumericError(answer.at("error").get<std::string>());
  FunctionalResult result;
  result.timing = result_from_json(answer.at("result"));
  result.timing.states = states_of(text.substr(end + 1));
  if (arithmetic == nullptr) return result;
  result.outputs = answer.at("outputs").get<std::vector<RowCodes>>();
  result.notes = answer.at("notes");
  return result;
}

}  // namespace

PipelineResult simulate(const PipelineModel& model) { return run(model, nullptr).timing; }

FunctionalResult simulate(const PipelineModel& model, Arithmetic& arithmetic) {
  return run(model, &arithmetic);
}

}  // namespace ohmweave::power_area
