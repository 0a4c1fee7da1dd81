// SPDX-License-Identifier: Apache-2.0
// Converters. Three models, chosen by /chip/adc_model; all take the sign as one of the bits.
//   table   the library's numbers adc_<b>b_energy and adc_<b>b_area, for the bits it has;
//   survey  the best tenth of the published converters (SAR, flash, slope) of the survey, as fitted
//           by andrulis_arxiv_2024 to murmann_survey; with b bits, f samples a second, t nm:
//             FOM = min(213.78 - 2.872 ln f, 128.31 + 3.2205 b) dB
//             SNDR = 20 log10(2^b) + 10 log10(1.5) dB
//             E = 1/2 10^((SNDR - FOM) / 10) exp(24.579 + 1.8800 ln t - 2.8291 ln b) pJ
//             A = exp(1.3462 + 0.99328 ln t + 0.18072 ln f + 0.29912 ln(E / pJ)) um2
//           valid from 4 bits (below, the fit rises again as bits fall) to 14, up to 10 GS/s;
//   point   one published converter, for the bits it has and fewer.
// Fewer bits than a model covers are built with the least it covers, which the source text says;
// more are an error.
#pragma once

#include "power_area/cost/component.h"

namespace ohmweave::power_area {

/// An entry of the converter model table.
struct AdcModel {
  std::string name;
  std::string summary;
  /// The least and the most bits that it covers with this library; {0, 0}: none.
  std::pair<int, int> (*range)(const ComponentLibrary& library);
  Component (*make)(const ComponentLibrary& library, int bits);  // within the range
};

[[nodiscard]] const std::vector<AdcModel>& adc_models();
/// Throws ConfigError for an unknown name, with the known ones.
[[nodiscard]] const AdcModel& adc_model(const std::string& name);

/// The most bits (sign included) that a model covers with this library; 0 when none.
[[nodiscard]] int most_adc_bits(const ComponentLibrary& library, const std::string& model);

/// One converter of `bits` (sign included) of the model `size.adc_model`; action: one conversion.
[[nodiscard]] Component adc(const ComponentLibrary& library, const Size& size);

/// Energy (J) and area (m2) of the survey's fit, without the library's factors. bits >= 4.
struct SurveyAdc {
  double energy_j = 0.0;
  double area_m2 = 0.0;
};
[[nodiscard]] SurveyAdc survey_adc(int bits, double samples_per_s, double node_nm);

}  // namespace ohmweave::power_area
