#ifndef GV_YAML_LIBRARY_H
#define GV_YAML_LIBRARY_H
/*
 * What is used of libyaml. Most commands read no YAML, and each library costs
 * a start its time, so it is loaded when the first text is read.
 *
 *	const struct gv_yaml_library *yaml;
 *	r = gv_yaml_library(&yaml);
 *	if (r == 0 && yaml->parser_initialize(&parser)) …
 */

#include <yaml.h>

struct gv_yaml_library {
	__typeof__(yaml_event_delete) *event_delete;
	__typeof__(yaml_get_version_string) *get_version_string;
	__typeof__(yaml_parser_delete) *parser_delete;
	__typeof__(yaml_parser_initialize) *parser_initialize;
	__typeof__(yaml_parser_parse) *parser_parse;
	__typeof__(yaml_parser_set_encoding) *parser_set_encoding;
	__typeof__(yaml_parser_set_input_string) *parser_set_input_string;
};

/* Load it, once in a process, from any thread. 0, or GV_ERROR where it is not
 * there: not GV_EREFUSED, which says of a text that it is not YAML. */
int gv_yaml_library(const struct gv_yaml_library **out);

#endif
