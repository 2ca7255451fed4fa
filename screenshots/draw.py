"""Drives `sixfold demo` in a pseudo-terminal and draws its screen. Started by `make`, beside it.

Three parts: `Room` (the program, and the screen that it draws), `Painter` (a screen as a picture) and
the scenes (what is pressed, what is waited for, which picture is taken).
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from pathlib import Path

import pyte
from PIL import Image, ImageDraw, ImageFont

HERE = Path(__file__).resolve().parent
BUCKET = "acme-prod-customer-exports"
PERSON = "nina.ramirez"

# ---------------------------------------------------------------------------------------------- Room

# The sixteen colours arrive as `38;5;n`, which pyte turns into its own shades: keep the number instead.
pyte.graphics.FG_BG_256[:16] = [f"ansi{n}" for n in range(16)]
for names in (pyte.graphics.FG_ANSI, pyte.graphics.BG_ANSI, pyte.graphics.FG_AIXTERM, pyte.graphics.BG_AIXTERM):
    for code, name in names.items():
        if name != "default":
            bright = 8 if code >= 90 else 0
            names[code] = f"ansi{code % 10 + bright}"


class Screen(pyte.Screen):
    """pyte has no dim. Nothing here blinks, so its blink flag stands for dim."""

    def select_graphic_rendition(self, *attrs, **_private):
        mapped, rest = [], list(attrs)
        while rest:
            attr = rest.pop(0)
            if attr in (38, 48):
                length = {5: 2, 2: 4}.get(rest[0] if rest else 0, 0)
                mapped += [attr, *rest[:length]]
                del rest[:length]
            else:
                mapped += {2: [5], 22: [22, 25], 5: []}.get(attr, [attr])
        if mapped or not attrs:
            super().select_graphic_rendition(*mapped)


class Room:
    """`sixfold demo` in a terminal of its own."""

    def __init__(self, width, height, state, truecolour=False):
        self.screen = Screen(width, height)
        self.stream = pyte.ByteStream(self.screen)
        self.held = b""
        pid, fd = pty.fork()
        if pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", height, width, 0, 0))
            os.execve(os.environ["SIXFOLD_BIN"], ["sixfold", "demo", "--state", state], surroundings(state, truecolour))
        self.pid, self.fd = pid, fd

    def lines(self):
        return self.screen.display

    def text(self):
        return "\n".join(self.screen.display)

    def lit(self):
        """What is shown in reverse or on a colour: badges and the button that Enter would press."""
        rows, columns = range(self.screen.lines), range(self.screen.columns)
        cells = [self.screen.buffer[row][column] for row in rows for column in columns]
        return "".join(cell.data for cell in cells if cell.reverse or cell.bg != "default")

    def read(self, seconds):
        """Takes what comes within that time. Whole frames only: a synchronized update that has begun
        is held back until it ends. False when nothing came."""
        if not select.select([self.fd], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self.fd, 65536)
        except OSError:
            data = b""
        if not data:
            sys.exit(f"sixfold ended:\n{self.text()}")
        data = self.held + data
        begun = data.rfind(b"\x1b[?2026h")
        whole = data.rfind(b"\x1b[?2026l") > begun or begun < 0
        cut = len(data) if whole else begun
        self.held = data[cut:]
        # pyte would print the text of a window title's or a link's sequence.
        self.stream.feed(re.sub(rb"\x1b\][^\x07\x1b]*(\x07|\x1b\\)", b"", data[:cut]))
        return True

    def wait(self, what, condition, seconds=60, quiet=0.3):
        """Until the condition holds and the screen has stayed the same for `quiet` seconds."""
        end = time.monotonic() + seconds
        seen, since = None, time.monotonic()
        while time.monotonic() < end:
            if self.text() != seen:
                seen, since = self.text(), time.monotonic()
            elif condition(self) and time.monotonic() - since >= quiet:
                return
            self.read(0.05)
        size = f"{self.screen.columns}x{self.screen.lines}"
        sys.exit(f"{size}: waited {seconds} s in vain until {what}:\n{self.text()}")

    def shows(self, *texts):
        self.wait(f"{texts} is shown", lambda room: all(text in room.text() for text in texts))

    def press(self, keys):
        os.write(self.fd, keys.encode())

    def press_until(self, keys, what, condition, most=60):
        """Presses, waits until the screen is still, looks; and again."""
        for _ in range(most):
            self.wait("the screen is still", lambda room: True)
            if condition(self):
                return
            self.press(keys)
        sys.exit(f"{most} times {keys!r}, and never was it so that {what}:\n{self.text()}")

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        while True:
            try:
                if not os.read(self.fd, 65536):
                    break
            except OSError:
                break
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def surroundings(state, truecolour):
    """An environment without the user's own cloud, theme or settings."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "USER") if name in os.environ}
    found = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "AWS_EC2_METADATA_DISABLED": "true", **kept}
    if truecolour:
        found["COLORTERM"] = "truecolor"
    wrapper = next(iter(Path("/usr/lib").glob("*-linux-gnu/libnss_wrapper.so")), None)
    if wrapper:
        passwd, group = Path(state, "passwd"), Path(state, "group")
        passwd.write_text(f"{PERSON}:x:{os.getuid()}:{os.getgid()}::/:/bin/sh\n")
        group.write_text(f"{PERSON}:x:{os.getgid()}:\n")
        found |= {"LD_PRELOAD": str(wrapper), "NSS_WRAPPER_PASSWD": str(passwd), "NSS_WRAPPER_GROUP": str(group)}
    return found


# ------------------------------------------------------------------------------------------- Painter

# A dark scheme for the sixteen colours of the terminal, the normal ones and the bright ones.
PAPER, INK, EDGE = "#10151d", "#ccd3dd", "#2b3442"
ANSI = [
    "#1d2530", "#e2504a", "#7cc47f", "#dcae52", "#6aa2f0", "#b78bea", "#56c4cf", "#b6bfcb",
    "#5b6675", "#ff8078", "#98dd9a", "#f2cb78", "#8fbcff", "#cfaaf8", "#7fe0e9", "#ffffff",
]
# Pixels of one cell, of the edge around the screen, and how much finer shapes are drawn than shown.
# Twice the size at which the pictures are looked at, so that they are sharp.
CELL_W, CELL_H, PADDING, FINE = 16, 36, 24, 4
DIM = 0.58

FONTS = {
    False: "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Regular.ttf",
    True: "/usr/share/fonts/truetype/jetbrains-mono/JetBrainsMono-Bold.ttf",
}
FALLBACK = {
    False: "/usr/share/fonts/truetype/dejavu/DejaVuSansMono.ttf",
    True: "/usr/share/fonts/truetype/dejavu/DejaVuSansMono-Bold.ttf",
}

# Which arms of a cell a line goes along: left, right, up, down.
LINES = {
    "─": "lr", "│": "ud", "┌": "rd", "┐": "ld", "└": "ru", "┘": "lu", "├": "rud", "┤": "lud",
    "┬": "lrd", "┴": "lru", "┼": "lrud", "━": "lr", "┃": "ud", "╸": "l", "╺": "r",
}
HEAVY = "━┃╸╺"
ARCS = {"╭": (1, 1), "╮": (-1, 1), "╰": (1, -1), "╯": (-1, -1)}
# Left, top, right and bottom of a block, in parts of the cell.
BLOCKS = {
    "█": (0, 0, 1, 1), "▌": (0, 0, 1 / 3, 1), "▐": (2 / 3, 0, 1, 1), "▀": (0, 0, 1, 1 / 2), "▄": (0, 1 / 2, 1, 1),
    "▎": (0, 0, 1 / 4, 1), "▏": (0, 0, 1 / 8, 1), "▁": (0, 7 / 8, 1, 1),
}
MARKS = "●◐○✕"


def rgb(colour):
    return tuple(int(colour[at : at + 2], 16) for at in (1, 3, 5))


def blend(colour, other, part):
    return tuple(round(a * part + b * (1 - part)) for a, b in zip(colour, other))


class Painter:
    def __init__(self):
        size = CELL_W / 0.6  # JetBrains Mono's letters are 0.6 em wide, and DejaVu's very nearly.
        self.fonts = {}
        for bold, path in FONTS.items():
            usable = [file for file in (path, FALLBACK[bold]) if Path(file).exists()]
            if not usable:
                sys.exit(f"there is no font: {path}")
            self.fonts[bold] = [ImageFont.truetype(file, size) for file in usable]
        ascent, descent = self.fonts[False][0].getmetrics()
        self.baseline = (CELL_H - ascent - descent) // 2 + ascent
        self.masks = {}

    def picture(self, screen):
        size = (screen.columns * CELL_W + 2 * PADDING, screen.lines * CELL_H + 2 * PADDING)
        image = Image.new("RGB", size, rgb(PAPER))
        draw = ImageDraw.Draw(image)
        for row in range(screen.lines):
            for column in range(screen.columns):
                self.cell(image, draw, screen.buffer[row][column], column, row)
        if not screen.cursor.hidden:
            x, y = PADDING + screen.cursor.x * CELL_W, PADDING + screen.cursor.y * CELL_H
            draw.rectangle((x, y, x + 2, y + CELL_H - 1), fill=rgb(ANSI[6]))
        draw.rectangle((0, 0, size[0] - 1, size[1] - 1), outline=rgb(EDGE), width=2)
        return image

    def cell(self, image, draw, cell, column, row):
        x, y = PADDING + column * CELL_W, PADDING + row * CELL_H
        ink, paper = colour(cell.fg, INK), colour(cell.bg, PAPER)
        if cell.reverse:
            ink, paper = paper, ink
        if cell.blink:
            ink = blend(ink, paper, DIM)
        if paper != rgb(PAPER):
            draw.rectangle((x, y, x + CELL_W - 1, y + CELL_H - 1), fill=paper)
        if cell.data.strip():
            image.paste(ink, (x, y), self.mask(cell.data, cell.bold))
        if cell.underscore:
            draw.rectangle((x, y + self.baseline + 4, x + CELL_W - 1, y + self.baseline + 5), fill=ink)
        if cell.strikethrough:
            draw.rectangle((x, y + CELL_H // 2, x + CELL_W - 1, y + CELL_H // 2 + 1), fill=ink)

    def mask(self, text, bold):
        if (text, bold) not in self.masks:
            shape = text in LINES or text in ARCS or text in BLOCKS or text in MARKS
            self.masks[text, bold] = self.shape(text) if shape else self.letter(text, bold)
        return self.masks[text, bold]

    def letter(self, text, bold):
        cells = 2 if pyte.screens.wcwidth(text[0]) == 2 else 1
        fonts = self.fonts[bold]
        missing = [bytes(font.getmask("\U0010fffd")) for font in fonts]
        having = [font for font, none in zip(fonts, missing) if bytes(font.getmask(text)) != none]
        mask = Image.new("L", (CELL_W * cells, CELL_H))
        ImageDraw.Draw(mask).text((0, self.baseline), text, fill=255, font=(having or fonts)[0], anchor="ls")
        return mask

    @staticmethod
    def shape(sign):
        """Drawn as a shape, so that lines of neighbouring cells join."""
        width, height = CELL_W * FINE, CELL_H * FINE
        mask = Image.new("L", (width, height))
        draw = ImageDraw.Draw(mask)
        x, y = width // 2, height // 2
        half = (5 if sign in HEAVY else 2) * FINE // 2
        if sign in LINES:
            arms = LINES[sign]
            if "l" in arms or "r" in arms:
                left, right = 0 if "l" in arms else x - half, width if "r" in arms else x + half
                draw.rectangle((left, y - half, right - 1, y + half - 1), fill=255)
            if "u" in arms or "d" in arms:
                top, bottom = 0 if "u" in arms else y - half, height if "d" in arms else y + half
                draw.rectangle((x - half, top, x + half - 1, bottom - 1), fill=255)
        elif sign in ARCS:
            right, down = ARCS[sign]
            radius = x
            cx, cy = x + right * radius, y + down * radius
            box = (cx - radius - half, cy - radius - half, cx + radius + half - 1, cy + radius + half - 1)
            start = {(1, 1): 180, (-1, 1): 270, (1, -1): 90, (-1, -1): 0}[right, down]
            draw.arc(box, start, start + 90, fill=255, width=2 * half)
            top, bottom = (cy, height) if down > 0 else (0, cy)
            draw.rectangle((x - half, top, x + half - 1, bottom - 1), fill=255)
        elif sign in BLOCKS:
            left, top, right, bottom = BLOCKS[sign]
            draw.rectangle((left * width, top * height, right * width - 1, bottom * height - 1), fill=255)
        else:
            radius, line = width * 7 // 16, 2 * FINE
            box = (x - radius, y - radius, x + radius, y + radius)
            if sign == "✕":
                reach = radius * 5 // 6
                for slope in (1, -1):
                    draw.line((x - reach, y - slope * reach, x + reach, y + slope * reach), fill=255, width=line + FINE)
            else:
                draw.ellipse(box, outline=255, width=line, fill=255 if sign == "●" else 0)
                if sign == "◐":
                    draw.pieslice(box, 90, 270, fill=255)
        return mask.resize((CELL_W, CELL_H), Image.Resampling.LANCZOS)


def colour(name, default):
    if name == "default":
        return rgb(default)
    if name.startswith("ansi"):
        return rgb(ANSI[int(name[4:])])
    return rgb(f"#{name}")


# -------------------------------------------------------------------------------------------- Scenes


def scanned(room):
    """The first scan is through, and what needs nobody is done."""

    def calm(room):
        waiting = re.search(r"(\d+) to approve", room.text())
        by_hand = re.search(r"(\d+) by hand", room.text())
        opened = re.search(r"(\d+) open of", room.text())
        if not (waiting and opened) or "Running" in room.text():
            return False
        return int(waiting[1]) + int(by_hand[1] if by_hand else 0) == int(opened[1])

    # Longer than anything within a scan takes, shorter than the pause to the next.
    room.wait("only what waits for a person is open", calm, quiet=3)
    # The guide has its own picture: what the program itself shows.
    room.press("T")
    room.wait("nobody is led", lambda room: "skips this" not in room.text())


def named(row, bucket):
    """Whether a row begins with the bucket's name, which loses its middle where there is no room."""
    head, cut, tail = (row.split() or [""])[0].partition("…")
    return bucket.startswith(head) and bucket.endswith(tail) if cut else head == bucket


def choose(room, bucket=BUCKET, action="remove public-read grant"):
    """Selects a change among the approvals; a bucket may have several."""

    def chosen(room):
        # The first two rows of the selection, from the marker on; other panes may stand beside it.
        rows = [line[line.rindex("▌") + 1 :] for line in room.lines() if "▌" in line]
        return any(
            named(first, bucket) and second.startswith(action) for first, second in zip(rows, rows[1:])
        )

    scanned(room)
    room.press("3")
    room.shows("waiting ─")
    room.press_until("j", f"{bucket}, {action} is selected", chosen)


def card(room):
    choose(room)
    room.press("a")
    room.shows("Approve CHG-", BUCKET, "remove public-read grant", "ready: ")


def approve(room):
    card(room)
    room.press("\t")
    room.wait("Approve is lit", lambda room: "Approve" in room.lit())
    room.press("\r")
    room.wait("the card is gone", lambda room: "Approve CHG-" not in room.text())
    room.press("2")
    room.shows("2 Ticket", "remediated", "r can undo it")


def hero(room):
    choose(room)
    room.press("1")
    # Between two scans, when there is no progress to show.
    room.wait("the scanner rests", lambda room: not re.search(r"scan +\d+/\d+", room.text()))


def queue(room):
    choose(room)
    room.press("1")
    room.shows("1 Queue ─")


def diff(room):
    choose(room, "acme-prod-elb-logs", "bind AWS ser")
    room.press("4\r")
    room.shows("4 Diff policy", "unchanged")


def ledger(room):
    approve(room)
    room.press("5")
    room.shows("5 Ledger ─", "alert.delivered")


def coverage(room):
    scanned(room)
    room.press("6")
    room.shows("6 Coverage ─", "readable")


def ticket(room):
    approve(room)
    room.press("1")
    room.shows("1 Queue ─")
    room.press("2G")
    room.shows("06 Alert", "rollback: available until")


def themes(room):
    """Each of them, tried on: the list of themes stands over the room that it changes."""
    choose(room)
    room.press("1t")
    room.shows("Themes")
    room.press("g")
    names = list((HERE.parent / "themes").glob("*.toml"))
    for nth in range(len(names)):
        if nth:
            before = room.text()
            room.press("j")
            room.wait("the next one is tried on", lambda room, before=before: room.text() != before)
        yield


# Name of the picture: columns, rows and how to get there.
PICTURES = {
    "hero": (120, 40, hero),
    "approval": (120, 40, card),
    "ledger": (120, 40, ledger),
    "coverage": (120, 40, coverage),
    "ticket": (80, 24, ticket),
    "phone": (45, 20, card),
    "phone-queue": (45, 20, queue),
    "diff": (110, 24, diff),
    # Taller than a usual terminal, so that all six boxes are seen.
    "chain": (56, 76, approve),
    "themes": (70, 16, themes),
}
MOST_BYTES = 320_000


def tiled(pictures, across=3):
    """Several as one, at half their size."""
    halves = [picture.resize((picture.width // 2, picture.height // 2), Image.Resampling.LANCZOS) for picture in pictures]
    width, height = halves[0].size
    rows = -(-len(halves) // across)
    whole = Image.new("RGB", (width * across, height * rows), rgb(PAPER))
    for at, half in enumerate(halves):
        whole.paste(half, (at % across * width, at // across * height))
    return whole


def take(name, painter):
    width, height, scene = PICTURES[name]
    with tempfile.TemporaryDirectory(prefix="sixfold-pictures-") as state:
        room = Room(width, height, state, truecolour=name == "themes")
        try:
            steps = scene(room)
            image = painter.picture(room.screen) if steps is None else tiled([painter.picture(room.screen) for _ in steps])
        finally:
            room.close()
    path = HERE / f"{name}.png"
    # One screen's palette keeps the colours that are rare; of several, the large areas must be right.
    way = Image.Quantize.MAXCOVERAGE if steps is None else Image.Quantize.MEDIANCUT
    exact = 0 if steps is None else 3
    image.quantize(256, method=way, kmeans=exact, dither=Image.Dither.NONE).save(path, optimize=True)
    size = path.stat().st_size
    print(f"{name}.png  {width}x{height}  {size // 1000} kB", flush=True)
    if size > MOST_BYTES:
        sys.exit(f"{path} is too large: {size} bytes")


def main():
    names = sys.argv[1:] or list(PICTURES)
    if unknown := set(names) - set(PICTURES):
        sys.exit(f"no such picture: {', '.join(sorted(unknown))}; there are {', '.join(PICTURES)}")
    painter = Painter()
    for name in names:
        take(name, painter)


if __name__ == "__main__":
    main()
