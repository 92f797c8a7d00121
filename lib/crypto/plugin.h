#ifndef GV_PLUGIN_H
#define GV_PLUGIN_H
/*
 * Plugins of age: programs that wrap and unwrap file keys by what only they
 * know, such as keys in hardware.
 *
 *	r = gv_plugin_name(&name, text, len);
 */

#include <stddef.h>

/* The name of a plugin, in small letters, malloc'd, of the text that keys have
 * it in. 0; GV_ECORRUPT where that is no such name, and so nothing to look for
 * a program by; GV_ENOMEM. */
int gv_plugin_name(char **out, const char *text, size_t len);

#endif
