#include "format/yaml_library.h"

#include "base/err.h"
#include "sys/dynlib.h"

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

/* Changes once, under gv_dynlib_load_once(). */
static struct gv_yaml_library library;
static gv_dynlib_once once;

int
gv_yaml_library(const struct gv_yaml_library **out)
{
	static const char *const names[] = { "libyaml-0.so.2",
		"libyaml-0.2.dylib", "libyaml-0-2.dll" };
	static const struct gv_dynlib_symbol symbols[] = {
		{ &library.event_delete, "yaml_event_delete" },
		{ &library.get_version_string, "yaml_get_version_string" },
		{ &library.parser_delete, "yaml_parser_delete" },
		{ &library.parser_initialize, "yaml_parser_initialize" },
		{ &library.parser_parse, "yaml_parser_parse" },
		{ &library.parser_set_encoding, "yaml_parser_set_encoding" },
		{ &library.parser_set_input_string,
		    "yaml_parser_set_input_string" },
	};

	if (!gv_dynlib_load_once(
		&once, names, COUNT(names), symbols, COUNT(symbols)))
		return gv_err(GV_ERROR,
		    "reading YAML needs libyaml 0.2 (libyaml-0.so.2), and it "
		    "is not installed");
	*out = &library;
	return 0;
}
