// SPDX-License-Identifier: Apache-2.0
#include "train/traces.h"

#include <cstdio>

namespace ohmweave::train {
namespace {

std::string digits(double value) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.9g", value);
  return text;
}

}  // namespace

void append(Traces& traces, const Traces& more) {
  traces.epochs.insert(traces.epochs.end(), more.epochs.begin(), more.epochs.end());
  traces.updates.insert(traces.updates.end(), more.updates.begin(), more.updates.end());
}

Json traces_to_json(const Traces& traces) {
  Json json = {{"epochs", Json::array()}, {"updates", Json::array()}};
  for (const EpochRow& row : traces.epochs) {
    json["epochs"].push_back({row.phase, row.epoch, row.train_loss, row.validation_loss,
                              row.validation_accuracy, row.learning_rate});
  }
  for (const AdmmRow& row : traces.updates) {
    json["updates"].push_back({row.phase, row.iteration, row.trace.name, row.trace.primal_residual,
                               row.trace.dual_residual, row.trace.violation, row.trace.rho});
  }
  return json;
}

Traces traces_from_json(const Json& json) {
  Traces traces;
  for (const Json& row : json.at("epochs")) {
    traces.epochs.push_back({row.at(0), row.at(1), row.at(2), row.at(3), row.at(4), row.at(5)});
  }
  for (const Json& row : json.at("updates")) {
    traces.updates.push_back(
        {row.at(0), row.at(1), {row.at(2), row.at(3), row.at(4), row.at(5), row.at(6)}});
  }
  return traces;
}

std::string train_csv(const Traces& traces) {
  std::string csv = "phase,epoch,train_loss,validation_loss,validation_accuracy,learning_rate\n";
  for (const EpochRow& row : traces.epochs) {
    csv += row.phase + "," + std::to_string(row.epoch) + "," + digits(row.train_loss) + "," +
           digits(row.validation_loss) + "," + digits(row.validation_accuracy) + "," +
           digits(row.learning_rate) + "\n";
  }
  return csv;
}

std::string admm_csv(const Traces& traces) {
  std::string csv = "phase,iteration,layer,primal_residual,dual_residual,violation,rho\n";
  for (const AdmmRow& row : traces.updates) {
    const admm::AdmmTrace& t = row.trace;
    csv += row.phase + "," + std::to_string(row.iteration) + "," + t.name + "," +
           digits(t.primal_residual) + "," + digits(t.dual_residual) + "," + digits(t.violation) +
           "," + digits(t.rho) + "\n";
  }
  return csv;
}

}  // namespace ohmweave::train
