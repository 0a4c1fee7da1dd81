# SPDX-License-Identifier: Apache-2.0
# Installs the build into a fresh prefix, builds the consumer against it, runs it, and runs the
# installed program from elsewhere. Arguments: -DBUILD= -DSOURCE= -DWORK=
function(run_or_fail)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    message(FATAL_ERROR "failed (${result}): ${ARGN}\n${output}")
  endif()
endfunction()

file(REMOVE_RECURSE "${WORK}")
run_or_fail("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
run_or_fail("${CMAKE_COMMAND}" -S "${SOURCE}/tests/tools/consumer" -B "${WORK}/consumer" -G Ninja
  "-DCMAKE_PREFIX_PATH=${WORK}/prefix" -DCMAKE_BUILD_TYPE=Release)
run_or_fail("${CMAKE_COMMAND}" --build "${WORK}/consumer")
run_or_fail("${WORK}/consumer/consumer")
run_or_fail("${WORK}/prefix/bin/ohmweave" check "${WORK}/prefix/share/ohmweave/quickstart.json")
file(REMOVE_RECURSE "${WORK}")
