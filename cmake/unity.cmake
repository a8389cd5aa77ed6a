# Half of a small file's compilation is its headers: files are compiled eight at a time.
option(KILAT_UNITY "Compile eight files at a time" OFF)
set(CMAKE_UNITY_BUILD OFF)  # which build trees from before KILAT_UNITY have in their cache

# kilat_unite(RESULT NAME SOURCES...): files that include eight of the sources each, or without
# KILAT_UNITY these themselves. CMake has the same (UNITY_BUILD), but its files name the sources from
# the disk's root, so that no two trees have a file in common (ccache.cmake).
function(kilat_unite result name)
  if(NOT KILAT_UNITY)
    set(${result} ${ARGN} PARENT_SCOPE)
    return()
  endif()
  set(folder ${CMAKE_CURRENT_BINARY_DIR}/${name}_united)
  set(files)
  set(sources ${ARGN})
  while(sources)
    list(SUBLIST sources 0 8 eight)
    list(REMOVE_ITEM sources ${eight})
    set(text "")
    foreach(source IN LISTS eight)
      get_filename_component(source ${source} ABSOLUTE)
      file(RELATIVE_PATH source ${folder} ${source})
      string(APPEND text "#include \"${source}\"\n")
    endforeach()
    list(LENGTH files number)
    list(APPEND files ${folder}/${number}.cpp)
    file(CONFIGURE OUTPUT ${folder}/${number}.cpp CONTENT "${text}" @ONLY)
  endwhile()
  set(${result} ${files} PARENT_SCOPE)
endfunction()
