"""A visitor without a browser: Streamlit's protocol over a websocket, as its page speaks it."""

from __future__ import annotations

import asyncio
import time
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileURLs
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

#: Seconds after which a page that does not come is an error.
PATIENCE_S = 300.0


class Visitor:
    """One session: what it was sent, what its page shows, what its widgets say.

    Attributes
    ----------
    heard : list of bytes
        Every message as it came, where ``listen`` is set.
    errors : list of str
        Exceptions on the page, runs that failed, messages that could not be told.
    """

    def __init__(self, url: str, *, listen: bool = False, through: str = "", **query: str) -> None:
        """``through``: the address that a proxy in front would tell; such a session is a person of its own."""
        self._through, self._cookie, self._session = through, "", ""
        self._files: FileURLs | None = None
        self.url, self.query = url.removeprefix("http://"), urlencode(query)
        self.heard: list[bytes] = []
        self.errors: list[str] = []
        self.bytes = 0
        self._listen = listen
        self._shown: dict[tuple[int, ...], Any] = {}
        self._known: dict[str, object] = {}
        self._states: dict[str, WidgetState] = {}
        self._page = ""
        self._socket: ClientConnection | None = None

    async def open(self) -> float:
        """Open the page; seconds until it is there."""
        begun = time.perf_counter()
        headers = {}
        if self._through:
            self._cookie = await asyncio.to_thread(self._first_cookie)
            headers = {"X-Forwarded-For": self._through, "Cookie": f"_streamlit_xsrf={self._cookie}"}
        self._socket = await connect(
            f"ws://{self.url}/_stcore/stream", subprotocols=[Subprotocol("streamlit")], max_size=None, compression=None,
            additional_headers=headers,
        )  # fmt: skip
        await self.rerun()
        return time.perf_counter() - begun

    async def close(self) -> None:
        """Leave."""
        if self._socket is not None:
            await self._socket.close()

    def elements(self, kind: str) -> Iterator[Any]:
        """What the page shows of a kind: ``markdown``, ``slider``, ``arrow_data_frame`` .."""
        for element in self._shown.values():
            if element.WhichOneof("type") == kind:
                yield getattr(element, kind)

    def widget(self, kind: str, key: str) -> Any:
        """A widget by its key."""
        return next(one for one in self.elements(kind) if one.id.endswith(f"-{key}"))

    def sentence(self) -> str:
        """The sentence beside the dial."""
        return next(one.body for one in self.elements("markdown") if one.body.startswith("Tested on"))

    def state(self, widget: str, **value: object) -> None:
        """What a widget says from now on."""
        state = WidgetState(id=widget)
        for name, one in value.items():
            if name in ("string_array_value", "double_array_value"):
                getattr(state, name).data.extend(one)
            else:
                setattr(state, name, one)
        self._states[widget] = state

    def _first_cookie(self) -> str:
        with urllib.request.urlopen(f"http://{self.url}/_stcore/health", timeout=PATIENCE_S) as answer:
            return answer.headers["Set-Cookie"].split("=", 1)[1].split(";")[0]

    async def upload(self, widget: str, name: str, data: bytes) -> None:
        """Hand a file to an uploader, as the browser does: a place is asked for, then the bytes are put there."""
        assert self._socket is not None
        message = BackMsg()
        message.file_urls_request.request_id, message.file_urls_request.session_id = "1", self._session
        message.file_urls_request.file_names.append(name)
        await self._socket.send(message.SerializeToString())
        async with asyncio.timeout(PATIENCE_S):
            while self._files is None:
                self._hear(await self._socket.recv(), {})
        await asyncio.to_thread(self._put, self._files.upload_url, name, data)
        state = WidgetState(id=widget)
        told = state.file_uploader_state_value.uploaded_file_info.add()
        told.name, told.size, told.file_id = name, len(data), self._files.file_id
        told.file_urls.CopyFrom(self._files)
        self._states[widget], self._files = state, None

    def _put(self, where: str, name: str, data: bytes) -> None:
        edge = "----------a-line-between-parts"
        head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
        request = urllib.request.Request(
            f"http://{self.url}{where}", head.encode() + data + f"\r\n--{edge}--\r\n".encode(), method="PUT",
            headers={
                "Content-Type": f"multipart/form-data; boundary={edge}", "X-Xsrftoken": self._cookie,
                "Cookie": f"_streamlit_xsrf={self._cookie}",
            },
        )  # fmt: skip
        urllib.request.urlopen(request, timeout=PATIENCE_S).close()

    async def rerun(self, page: str = "", until: Callable[[], bool] = lambda: True) -> float:
        """Run the page (or another one) with the present widgets; seconds until it has been sent whole.

        A run of before may end first: ``until`` tells whether what is shown is what was asked for.
        """
        assert self._socket is not None
        message = BackMsg()
        run = message.rerun_script
        run.query_string, run.page_script_hash, run.page_name = self.query, "" if page else self._page, page
        run.widget_states.widgets.extend(self._states.values())
        run.cached_message_hashes.extend(self._known)
        begun = time.perf_counter()
        await self._socket.send(message.SerializeToString())
        self._states = {k: s for k, s in self._states.items() if s.WhichOneof("value") != "trigger_value"}
        async with asyncio.timeout(PATIENCE_S):
            while True:
                shown: dict[tuple[int, ...], Any] = {}
                while not self._hear(await self._socket.recv(), shown):
                    pass
                self._shown = shown
                if until():
                    return time.perf_counter() - begun

    def _hear(self, data: bytes | str, shown: dict[tuple[int, ...], Any]) -> bool:
        """Take in a message; whether the page is whole."""
        assert isinstance(data, bytes), "the app sends bytes"
        self.bytes += len(data)
        if self._listen:
            self.heard.append(data)
        message = ForwardMsg()
        message.ParseFromString(data)
        kind, path = message.WhichOneof("type"), tuple(message.metadata.delta_path)
        if kind == "ref_hash":
            shown[path] = self._known[message.ref_hash]
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            shown[path] = element
            if message.metadata.cacheable:
                self._known[message.hash] = element
            if element.WhichOneof("type") == "exception":
                self.errors.append(element.exception.message)
        elif kind == "new_session":
            shown.clear()
            self._page = message.new_session.page_script_hash
            self._session = message.new_session.initialize.session_id or self._session
        elif kind == "file_urls_response":
            self._files = message.file_urls_response.file_urls[0]
        elif kind == "navigation":
            self._page = message.navigation.page_script_hash
        elif kind == "page_info_changed":
            self.query = message.page_info_changed.query_string
        elif kind == "script_finished":
            if message.script_finished == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
                self.errors.append("the page did not compile")
            return message.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY
        return False
