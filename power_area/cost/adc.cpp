// SPDX-License-Identifier: Apache-2.0
#include "power_area/cost/adc.h"

#include <algorithm>
#include <cmath>
#include <sstream>

#include "core/error.h"
#include "power_area/component_numbers.h"

namespace ohmweave::power_area {

namespace {

constexpr int kSurveyLeastBits = 4;
constexpr int kSurveyMostBits = 14;
constexpr double kSurveyMostRate = 10e9;

/// Coefficients of the survey's fit. Source: andrulis_arxiv_2024 (its published model file).
struct SurveyFit {
  double fom_by_log_rate = -2.8719030399529957;
  double fom_constant = 213.7806687348118;
  double fom_limit_constant = 128.3068287398817;
  double fom_limit_by_bits = 3.2205121209776;
  double energy_constant = 26.0496215686518 - 1.4702022133784405;
  double energy_by_log_node = 1.8800369206815004;
  double energy_by_log_bits = -2.8291256050594527;
  double area_constant = 1.3461916439910742;
  double area_by_log_node = 0.9932794744745022;
  double area_by_log_rate = 0.18071538424508238;
  double area_by_log_energy = 0.29912426192653485;
};

std::string adc_key(int bits, const char* what) {
  return "adc_" + std::to_string(bits) + "b_" + what;
}

bool has_adc(const ComponentLibrary& library, int bits) {
  return library.contains(adc_key(bits, "energy")) && library.contains(adc_key(bits, "area"));
}

/// A converter of this area that spends `energy_j` a conversion, a share of it as leakage.
Component split_converter(const ComponentLibrary& library, double area_m2, double energy_j) {
  const bool has_own = library.contains("adc_leakage_share");
  const double share = has_own ? library.si("adc_leakage_share") : leakage_share(library);
  Component c;
  c.name = "adc";
  c.action = "conversion";
  c.area_m2 = area_m2;
  c.leakage_w = share * energy_j * library.si("adc_rate");
  c.energy_j = (1.0 - share) * energy_j;
  c.source = "; leakage derived: share of the power by " +
             library.citation(has_own ? "adc_leakage_share" : "leakage_share");
  return c;
}

std::pair<int, int> table_range(const ComponentLibrary& library) {
  int most = kMostAdcBits;
  while (most > 0 && !has_adc(library, most)) --most;
  int least = std::min(most, 1);
  while (least > 0 && !has_adc(library, least)) ++least;
  return {least, most};
}

Component table_adc(const ComponentLibrary& library, int bits) {
  while (!has_adc(library, bits)) ++bits;  // a gap in the table: the next larger one is built
  Component c = split_converter(library, library.si(adc_key(bits, "area")),
                                library.si(adc_key(bits, "energy")));
  c.node_nm = library.record(adc_key(bits, "energy")).node_nm;
  c.source = library.citation(adc_key(bits, "energy")) + c.source;
  return c;
}

std::pair<int, int> survey_range(const ComponentLibrary& library) {
  if (!library.contains("adc_survey_energy_factor")) return {0, 0};
  return {kSurveyLeastBits, kSurveyMostBits};
}

Component survey_component(const ComponentLibrary& library, int bits) {
  const double rate = library.si("adc_rate");
  if (rate > kSurveyMostRate)
    throw ConfigError({"component library '" + library.name() +
                       "': adc_rate: the converter model \"survey\" covers at most 10 GS/s"});
  const SurveyAdc fit = survey_adc(bits, rate, library.node_nm());
  Component c = split_converter(library, fit.area_m2 * library.si("adc_survey_area_factor"),
                                fit.energy_j * library.si("adc_survey_energy_factor"));
  c.node_nm = library.node_nm();
  std::ostringstream source;
  source << "derived: survey fit (andrulis_arxiv_2024) of " << bits << " bits at " << rate
         << " S/s and " << library.node_nm() << " nm, times "
         << library.citation("adc_survey_energy_factor");
  c.source = source.str() + c.source;
  return c;
}

std::pair<int, int> point_range(const ComponentLibrary& library) {
  if (!library.contains("adc_point_bits")) return {0, 0};
  const int bits = static_cast<int>(library.si("adc_point_bits"));
  return {bits, bits};
}

Component point_adc(const ComponentLibrary& library, int) {
  Component c =
      split_converter(library, library.si("adc_point_area"), library.si("adc_point_energy"));
  c.node_nm = library.record("adc_point_energy").node_nm;
  c.source = library.citation("adc_point_energy") + c.source;
  return c;
}

}  // namespace

SurveyAdc survey_adc(int bits, double samples_per_s, double node_nm) {
  OHMWEAVE_REQUIRE(bits >= kSurveyLeastBits, "the survey's fit does not hold under 4 bits");
  const SurveyFit fit;
  const double log_rate = std::log(samples_per_s);
  const double fom_db = std::min(fit.fom_constant + fit.fom_by_log_rate * log_rate,
                                 fit.fom_limit_constant + fit.fom_limit_by_bits * bits);
  const double sndr_db = bits * 20.0 * std::log10(2.0) + 10.0 * std::log10(1.5);
  const double energy_pj =
      0.5 * std::pow(10.0, (sndr_db - fom_db) / 10.0) *
      std::exp(fit.energy_constant + fit.energy_by_log_node * std::log(node_nm) +
               fit.energy_by_log_bits * std::log(static_cast<double>(bits)));
  const double area_um2 =
      std::exp(fit.area_constant + fit.area_by_log_node * std::log(node_nm) +
               fit.area_by_log_rate * log_rate + fit.area_by_log_energy * std::log(energy_pj));
  return {energy_pj * 1e-12, area_um2 * 1e-12};
}

const std::vector<AdcModel>& adc_models() {
  static const std::vector<AdcModel> models = {
      {"table", "the library's converters by resolution", table_range, table_adc},
      {"survey", "fit to the best published converters, 4 to 14 bits", survey_range,
       survey_component},
      {"point", "the library's one published converter", point_range, point_adc}};
  return models;
}

const AdcModel& adc_model(const std::string& name) {
  std::string known;
  for (const AdcModel& model : adc_models()) {
    if (model.name == name) return model;
    known += " " + model.name;
  }
  throw ConfigError(
      {"/chip/adc_model = \"" + name + "\": unknown converter model; allowed:" + known});
}

int most_adc_bits(const ComponentLibrary& library, const std::string& model) {
  return adc_model(model).range(library).second;
}

Component adc(const ComponentLibrary& library, const Size& size) {
  const AdcModel& model = adc_model(size.adc_model);
  const auto [least, most] = model.range(library);
  if (most == 0 || size.bits > most)
    throw ConfigError({"/adc/bits: converters of " + std::to_string(size.bits) +
                       " bits (sign included) are needed; the converter model \"" + model.name +
                       "\" of '" + library.name() + "' covers at most " + std::to_string(most) +
                       " bits: lower /adc/bits, /array/rows_active, /array/bits_per_cell or "
                       "/dac/bits, or choose another /chip/adc_model"});
  Component c = model.make(library, std::max(size.bits, least));
  if (size.bits < least)
    c.source += "; derived: " + std::to_string(size.bits) + " bits needed, built with the least " +
                "covered, " + std::to_string(least);
  return c;
}

}  // namespace ohmweave::power_area
