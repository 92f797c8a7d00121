class GitVault < Formula
  desc "Snapshots, secrets and states of infrastructure repositories"
  homepage "https://git-vault.org/"
  license "GPL-2.0-or-later"
  head "https://git-vault.org/git-vault.git", branch: "main"

  depends_on "autoconf" => :build
  depends_on "automake" => :build
  depends_on "jsmn" => :build
  depends_on "pkgconf" => :build
  depends_on "python@3.12" => :build
  depends_on "curl"
  depends_on "git"
  depends_on "libdeflate"
  depends_on "libgit2"
  depends_on "libmicrohttpd"
  depends_on "libsodium"
  depends_on "libyaml"
  depends_on "nettle"
  depends_on "re2"
  depends_on "xz"
  depends_on "zstd"

  uses_from_macos "bzip2"
  uses_from_macos "zlib"

  def install
    system "./bootstrap", "prepare"
    system "./configure", "--disable-silent-rules",
           "--with-shared-libgit2", "--with-shared-nettle", "--with-shared-re2",
           *std_configure_args
    system "make"
    system "make", "install"
  end

  test do
    ENV["HOME"] = testpath
    system "git", "init", "infra"
    cd "infra" do
      system "git", "config", "user.name", "Mia"
      system "git", "config", "user.email", "mia@example.org"
      (testpath/"infra/.gitignore").write ".env\n"
      (testpath/"infra/.env").write "DB_PASSWORD=correct-horse-7Gq2\n"
      system "git", "add", "."
      system "git", "commit", "-m", "first"
      system bin/"git-vault", "snapshot"
      rm ".env"
      system bin/"git-vault", "restore", "latest", "--in-place"
      assert_match "correct-horse", (testpath/"infra/.env").read
      system bin/"git-vault", "verify", "--deep"
    end
  end
end
