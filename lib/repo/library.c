#include "repo/library.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/version.h>
#include <zlib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#endif

#include "repo/hash_library.h"
#include "repo/sha1dc.h"

static struct gv_library *
begin(struct gv_library *lib, const char *name, const char *built)
{
	lib->name = name;
	snprintf(lib->built, sizeof(lib->built), "%s", built);
	snprintf(lib->loaded, sizeof(lib->loaded), "%s", built);
	return lib;
}

size_t
gv_library_list(struct gv_library out[GV_LIBRARY_MAX])
{
	struct gv_library *lib = begin(out, "libgit2", LIBGIT2_VERSION);
	const struct gv_hash_library *git2;
	int major, minor, patch;

	/* what was taken into the program is the one it was built with */
	if (!gv_sha1dc_is_here())
		lib->loaded[0] = '\0';
	if (!gv_sha1dc_is_here() && gv_hash_library(&git2) == 0) {
		git2->libgit2_version(&major, &minor, &patch);
		snprintf(lib->loaded, sizeof(lib->loaded), "%d.%d.%d", major,
		    minor, patch);
	}
	lib = begin(lib + 1, "zlib", ZLIB_VERSION);
	snprintf(lib->loaded, sizeof(lib->loaded), "%s", zlibVersion());
	lib = begin(lib + 1, "nettle", "");
	snprintf(lib->built, sizeof(lib->built), "%d.%d", NETTLE_VERSION_MAJOR,
	    NETTLE_VERSION_MINOR);
	snprintf(lib->loaded, sizeof(lib->loaded), "%d.%d",
	    nettle_version_major(), nettle_version_minor());
#ifdef HAVE_LIBDEFLATE
	lib = begin(lib + 1, "libdeflate", LIBDEFLATE_VERSION_STRING);
#endif
	return (size_t)(lib + 1 - out);
}

bool
gv_library_fits(const struct gv_library *lib)
{
	const char *built = lib->built, *loaded = lib->loaded;
	long a = strtol(built, NULL, 10), b = strtol(loaded, NULL, 10);

	if (a != b)
		return false;
	while (a == b && *built && *loaded) {
		built += strcspn(built, ".");
		loaded += strcspn(loaded, ".");
		built += *built == '.';
		loaded += *loaded == '.';
		a = strtol(built, NULL, 10);
		b = strtol(loaded, NULL, 10);
	}
	return b >= a;
}
